#include "commands/server/command_reply.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/format.h"
#include "commands/core/argument_syntax.h"
#include "commands/core/categories.h"

namespace cordwood::commands {
namespace {

constexpr std::pair<Flag, std::string_view> kFlagNames[] = {
    {kWrite, "write"},
    {kReadOnly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubSub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMulti, "no_multi"},
    {kAllowBusy, "allow_busy"},
    {kSkipSlowLog, "skip_slowlog"},
    {kMayReplicate, "may_replicate"},
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

void ReplyStatusSet(protocol::ReplyWriter& reply, std::span<const std::string_view> names) {
  reply.SetHeader(names.size());
  for (const std::string_view name : names) reply.SimpleString(name);
}

/// The names of the bits that are set, in the order of the table.
template <typename Bit, size_t Count>
std::vector<std::string_view> NamesOf(uint32_t bits,
                                      const std::pair<Bit, std::string_view> (&table)[Count]) {
  std::vector<std::string_view> names;
  for (const auto& [bit, name] : table) {
    if ((bits & bit) != 0) names.push_back(name);
  }
  return names;
}

void ReplyCategories(protocol::ReplyWriter& reply, const Command& command) {
  const std::vector<std::string_view> names = CategoryNames(CategoriesOf(command));
  reply.SetHeader(names.size());
  for (const std::string_view name : names) reply.SimpleString(Format("@{}", name));
}

void ReplyTips(protocol::ReplyWriter& reply, const Command& command) {
  const bool none = command.tips.empty();
  const auto spaces = static_cast<size_t>(std::ranges::count(command.tips, ' '));
  reply.SetHeader(none ? 0 : spaces + 1);
  if (none) return;
  for (const auto tip : std::views::split(command.tips, ' ')) reply.Bulk(std::string_view(tip));
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

/// A map whose fields are not all there. Its header stands in front once it is complete.
class MapOf {
 public:
  explicit MapOf(protocol::ReplyWriter& reply) : reply_(reply), start_(reply.size()) {}
  ~MapOf() { reply_.InsertMapHeader(start_, fields_); }
  MapOf(const MapOf&) = delete;
  MapOf& operator=(const MapOf&) = delete;

  /// The value follows.
  void Name(std::string_view name) {
    reply_.Bulk(name);
    ++fields_;
  }
  /// Nothing for an empty value.
  void Text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    Name(name);
    reply_.Bulk(value);
  }

 private:
  protocol::ReplyWriter& reply_;
  const size_t start_;
  size_t fields_ = 0;
};

std::string_view TypeName(Argument::Type type) {
  using enum Argument::Type;
  switch (type) {
    case kString:
      return "string";
    case kInteger:
      return "integer";
    case kDouble:
      return "double";
    case kKey:
      return "key";
    case kPattern:
      return "pattern";
    case kUnixTime:
      return "unix-time";
    case kPureToken:
      return "pure-token";
    case kOneOf:
      return "oneof";
    case kBlock:
      return "block";
  }
  return "";
}

void ReplyArguments(protocol::ReplyWriter& reply, const std::vector<Argument>& arguments);

void ReplyArgument(protocol::ReplyWriter& reply, const Argument& argument) {
  MapOf fields(reply);
  fields.Text("name", argument.name);
  fields.Text("type", TypeName(argument.type));
  if (!argument.is_group()) fields.Text("display_text", argument.shown());
  if (argument.key_spec >= 0) {
    fields.Name("key_spec_index");
    reply.Integer(argument.key_spec);
  }
  fields.Text("token", argument.token);
  fields.Text("since", argument.since);
  fields.Text("deprecated_since", argument.deprecated_since);
  std::vector<std::string_view> flags;
  if (argument.optional) flags.emplace_back("optional");
  if (argument.multiple) flags.emplace_back("multiple");
  if (argument.multiple_token) flags.emplace_back("multiple_token");
  if (!flags.empty()) {
    fields.Name("flags");
    ReplyStatusSet(reply, flags);
  }
  if (argument.is_group()) {
    fields.Name("arguments");
    ReplyArguments(reply, argument.parts);
  }
}

void ReplyArguments(protocol::ReplyWriter& reply, const std::vector<Argument>& arguments) {
  reply.ArrayHeader(arguments.size());
  for (const Argument& argument : arguments) ReplyArgument(reply, argument);
}

}  // namespace

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
  ReplyCategories(reply, command);
  ReplyTips(reply, command);
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
  const Docs& docs = command.docs;
  const std::optional<std::vector<Argument>> arguments = ParseArguments(docs.arguments);
  CHECK(arguments.has_value());  // the table looked at it
  MapOf fields(reply);
  fields.Text("summary", docs.summary);
  fields.Text("since", docs.since);
  fields.Text("group", docs.group);
  fields.Text("complexity", docs.complexity);
  if (!docs.deprecated_since.empty()) {
    static constexpr std::string_view kDeprecated[] = {"deprecated"};
    fields.Name("doc_flags");
    ReplyStatusSet(reply, kDeprecated);
  }
  fields.Text("deprecated_since", docs.deprecated_since);
  fields.Text("replaced_by", docs.replaced_by);
  if (!arguments->empty()) {
    fields.Name("arguments");
    ReplyArguments(reply, *arguments);
  }
  if (command.subcommands.empty()) return;
  fields.Name("subcommands");
  reply.MapHeader(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply.Bulk(subcommand.name);
    ReplyCommandDocs(reply, subcommand);
  }
}

}  // namespace cordwood::commands
