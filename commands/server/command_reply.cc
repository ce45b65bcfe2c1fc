#include "commands/server/command_reply.h"

#include <algorithm>
#include <utility>

namespace cordwood::commands {
namespace {

constexpr std::pair<Flag, std::string_view> kFlagNames[] = {
    {kWrite, "write"},   {kReadOnly, "readonly"}, {kDenyOom, "denyoom"},   {kAdmin, "admin"},
    {kPubSub, "pubsub"}, {kNoScript, "noscript"}, {kBlocking, "blocking"}, {kLoading, "loading"},
    {kStale, "stale"},   {kFast, "fast"},         {kNoAuth, "no_auth"},
};

constexpr std::pair<KeyAccess, std::string_view> kAccessNames[] = {
    {kRO, "RO"},
    {kRW, "RW"},
    {kOW, "OW"},
    {kRM, "RM"},
    {kAccess, "access"},
    {kUpdate, "update"},
    {kInsert, "insert"},
    {kDelete, "delete"},
    {kNotKey, "not_key"},
    {kIncomplete, "incomplete"},
    {kVariableFlags, "variable_flags"},
};

// Groups of one category each; the others have none.
constexpr std::pair<std::string_view, std::string_view> kGroupCategories[] = {
    {"connection", "@connection"},
    {"generic", "@keyspace"},
    {"hash", "@hash"},
    {"string", "@string"},
};

// Commands about the server, and one about keys, that Redis puts into these categories too.
constexpr std::string_view kAlsoKeyspace[] = {"dbsize", "flushall", "flushdb", "swapdb"};
constexpr std::string_view kAlsoDangerous[] = {"flushall", "flushdb", "info", "keys", "swapdb"};

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

void ReplyStatusSet(protocol::ReplyWriter& reply, std::span<const std::string_view> names) {
  reply.SetHeader(names.size());
  for (const std::string_view name : names) reply.SimpleString(name);
}

/// The names of the bits that are set, in the order of the table.
template <typename Bit, size_t kCount>
std::vector<std::string_view> NamesOf(uint32_t bits,
                                      const std::pair<Bit, std::string_view> (&table)[kCount]) {
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : table) {
    if ((bits & bit) != 0) names.push_back(name);
  }
  return names;
}

void ReplyField(protocol::ReplyWriter& reply, std::string_view name, int64_t value) {
  reply.Bulk(name);
  reply.Integer(value);
}

/// What a key spec says of the place where to begin, or of how to go on: a type and its numbers.
void ReplySearch(protocol::ReplyWriter& reply, std::string_view name, std::string_view type,
                 size_t fields) {
  reply.Bulk(name);
  reply.MapHeader(2);
  reply.Bulk("type");
  reply.Bulk(type);
  reply.Bulk("spec");
  reply.MapHeader(fields);
}

void ReplyKeySpec(protocol::ReplyWriter& reply, const KeySpec& spec) {
  reply.MapHeader(spec.notes.empty() ? 3 : 4);
  if (!spec.notes.empty()) {
    reply.Bulk("notes");
    reply.Bulk(spec.notes);
  }
  reply.Bulk("flags");
  ReplyKeyAccess(reply, spec.access);
  if (spec.keyword.empty()) {
    ReplySearch(reply, "begin_search", "index", 1);
    ReplyField(reply, "index", spec.index);
  } else {
    ReplySearch(reply, "begin_search", "keyword", 2);
    reply.Bulk("keyword");
    reply.Bulk(spec.keyword);
    ReplyField(reply, "startfrom", spec.index);
  }
  if (spec.find == KeySpec::Find::kRange) {
    ReplySearch(reply, "find_keys", "range", 3);
    ReplyField(reply, "lastkey", spec.last);
    ReplyField(reply, "keystep", spec.step);
    ReplyField(reply, "limit", spec.limit);
  } else {
    ReplySearch(reply, "find_keys", "keynum", 3);
    ReplyField(reply, "keynumidx", spec.count_index);
    ReplyField(reply, "firstkey", spec.first_key);
    ReplyField(reply, "keystep", spec.step);
  }
}

}  // namespace

std::vector<std::string_view> CategoriesOf(const Command& command) {
  const bool only_contains = command.handler == nullptr;
  if (only_contains) return {"@slow"};
  std::vector<std::string_view> categories;
  for (const auto& [group, category] : kGroupCategories) {
    if (command.docs.group == group) categories.push_back(category);
  }
  if (Contains(kAlsoKeyspace, command.name)) categories.push_back("@keyspace");
  if ((command.flags & kReadOnly) != 0) categories.push_back("@read");
  if ((command.flags & kWrite) != 0) categories.push_back("@write");
  if ((command.flags & kAdmin) != 0) categories.push_back("@admin");
  if ((command.flags & kAdmin) != 0 || Contains(kAlsoDangerous, command.name)) {
    categories.push_back("@dangerous");
  }
  if ((command.flags & kPubSub) != 0) categories.push_back("@pubsub");
  if ((command.flags & kBlocking) != 0) categories.push_back("@blocking");
  categories.push_back((command.flags & kFast) != 0 ? "@fast" : "@slow");
  return categories;
}

void ReplyKeyAccess(protocol::ReplyWriter& reply, uint16_t access) {
  ReplyStatusSet(reply, NamesOf(access, kAccessNames));
}

void ReplyCommandInfo(protocol::ReplyWriter& reply, const Command& command) {
  reply.ArrayHeader(10);
  reply.Bulk(command.name);
  reply.Integer(command.arity);
  const KeyTriple keys = TripleOf(command.keys);
  std::vector<std::string_view> flags = NamesOf(command.flags, kFlagNames);
  if (keys.movable) flags.emplace_back("movablekeys");
  ReplyStatusSet(reply, flags);
  reply.Integer(keys.first);
  reply.Integer(keys.last);
  reply.Integer(keys.step);
  ReplyStatusSet(reply, CategoriesOf(command));
  reply.SetHeader(0);
  reply.SetHeader(command.keys.size());
  for (const KeySpec& spec : command.keys) ReplyKeySpec(reply, spec);
  if (command.subcommands.empty()) {
    reply.SetHeader(0);
    return;
  }
  reply.ArrayHeader(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) ReplyCommandInfo(reply, subcommand);
}

void ReplyCommandDocs(protocol::ReplyWriter& reply, const Command& command) {
  reply.MapHeader(command.subcommands.empty() ? 3 : 4);
  reply.Bulk("summary");
  reply.Bulk(command.docs.summary);
  reply.Bulk("since");
  reply.Bulk(command.docs.since);
  reply.Bulk("group");
  reply.Bulk(command.docs.group);
  if (command.subcommands.empty()) return;
  reply.Bulk("subcommands");
  reply.MapHeader(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply.Bulk(subcommand.name);
    ReplyCommandDocs(reply, subcommand);
  }
}

}  // namespace cordwood::commands
