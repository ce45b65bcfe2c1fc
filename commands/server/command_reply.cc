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

std::vector<std::string_view> FlagNames(const Command& command) {
  std::vector<std::string_view> names;
  for (const auto& [flag, name] : kFlagNames) {
    if ((command.flags & flag) != 0) names.push_back(name);
  }
  return names;
}

void ReplyKeySpecification(protocol::ReplyWriter& reply, const Command& command) {
  static constexpr std::string_view kRead[] = {"RO", "access"};
  static constexpr std::string_view kWritten[] = {"RW", "access", "update"};
  const KeySpec& keys = command.keys;
  reply.MapHeader(3);
  reply.Bulk("flags");
  const bool writes = (command.flags & kWrite) != 0;
  ReplyStatusSet(reply, writes ? std::span<const std::string_view>(kWritten) : kRead);
  reply.Bulk("begin_search");
  reply.MapHeader(2);
  reply.Bulk("type");
  reply.Bulk("index");
  reply.Bulk("spec");
  reply.MapHeader(1);
  reply.Bulk("index");
  reply.Integer(keys.first);
  reply.Bulk("find_keys");
  reply.MapHeader(2);
  reply.Bulk("type");
  reply.Bulk("range");
  reply.Bulk("spec");
  reply.MapHeader(3);
  reply.Bulk("lastkey");
  reply.Integer(keys.last < 0 ? keys.last : keys.last - keys.first);
  reply.Bulk("keystep");
  reply.Integer(keys.step);
  reply.Bulk("limit");
  reply.Integer(0);
}

}  // namespace

std::vector<std::string_view> CategoriesOf(const Command& command) {
  const bool only_contains = command.handler == nullptr;
  if (only_contains) return {"@slow"};
  std::vector<std::string_view> categories;
  for (const auto& [group, category] : kGroupCategories) {
    if (command.group == group) categories.push_back(category);
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

void ReplyCommandInfo(protocol::ReplyWriter& reply, const Command& command) {
  reply.ArrayHeader(10);
  reply.Bulk(command.name);
  reply.Integer(command.arity);
  ReplyStatusSet(reply, FlagNames(command));
  reply.Integer(command.keys.first);
  reply.Integer(command.keys.last);
  reply.Integer(command.keys.step);
  ReplyStatusSet(reply, CategoriesOf(command));
  reply.SetHeader(0);
  if (command.keys.first != 0) {
    reply.SetHeader(1);
    ReplyKeySpecification(reply, command);
  } else {
    reply.SetHeader(0);
  }
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
  reply.Bulk(command.summary);
  reply.Bulk("since");
  reply.Bulk(command.since);
  reply.Bulk("group");
  reply.Bulk(command.group);
  if (command.subcommands.empty()) return;
  reply.Bulk("subcommands");
  reply.MapHeader(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply.Bulk(subcommand.name);
    ReplyCommandDocs(reply, subcommand);
  }
}

}  // namespace cordwood::commands
