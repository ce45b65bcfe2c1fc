// The string commands of Redis 7.2: their rows.

#include "commands/core/command_table.h"
#include "commands/core/row_maker.h"
#include "commands/strings/handlers.h"

namespace cordwood::commands {
namespace strings {
namespace {

constexpr KeySpec kPairs = {.first = 1, .last = -1, .step = 2};
constexpr uint32_t kGrows = kWrite | kDenyOom;

constexpr RowMaker kRow = {.group = "string"};

constexpr Command kRows[] = {
    kRow("append", 3, kGrows | kFast, kOneKey, Append, "2.0.0",
         "Adds bytes to the end of a string; a missing one is empty."),
    kRow("decr", 2, kGrows | kFast, kOneKey, Decr, "1.0.0", "Takes one from an integer."),
    kRow("decrby", 3, kGrows | kFast, kOneKey, DecrBy, "1.0.0", "Takes a number from an integer."),
    kRow("get", 2, kReadOnly | kFast, kOneKey, Get, "1.0.0", "Returns a string."),
    kRow("getdel", 2, kWrite | kFrees | kFast, kOneKey, GetDel, "6.2.0",
         "Returns a string and deletes its key."),
    kRow("getex", -2, kWrite | kFast, kOneKey, GetEx, "6.2.0",
         "Returns a string and sets or removes its expiry."),
    kRow("getrange", 4, kReadOnly, kOneKey, GetRange, "2.4.0", "Returns a part of a string."),
    kRow("getset", 3, kGrows | kFast, kOneKey, GetSet, "1.0.0",
         "Sets a string and returns the one before."),
    kRow("incr", 2, kGrows | kFast, kOneKey, Incr, "1.0.0", "Adds one to an integer."),
    kRow("incrby", 3, kGrows | kFast, kOneKey, IncrBy, "1.0.0", "Adds a number to an integer."),
    kRow("incrbyfloat", 3, kGrows | kFast, kOneKey, IncrByFloat, "2.6.0",
         "Adds a number to a floating-point number."),
    kRow("lcs", -3, kReadOnly, kTwoKeys, Lcs, "7.0.0",
         "Finds the longest common subsequence of two strings."),
    kRow("mget", -2, kReadOnly | kFast, kAllKeys, MGet, "1.0.0", "Returns several strings."),
    kRow("mset", -3, kGrows, kPairs, MSet, "1.0.1", "Sets several strings at once."),
    kRow("msetnx", -3, kGrows, kPairs, MSetNx, "1.0.1",
         "Sets several strings at once if none of the keys exists."),
    kRow("psetex", 4, kGrows, kOneKey, PSetEx, "2.6.0",
         "Sets a string with an expiry in milliseconds."),
    kRow("set", -3, kGrows, kOneKey, Set, "1.0.0", "Sets a string, on conditions if asked to."),
    kRow("setex", 4, kGrows, kOneKey, SetEx, "2.0.0", "Sets a string with an expiry in seconds."),
    kRow("setnx", 3, kGrows | kFast, kOneKey, SetNx, "1.0.0",
         "Sets a string if the key does not exist."),
    kRow("setrange", 4, kGrows, kOneKey, SetRange, "2.2.0",
         "Overwrites a part of a string, growing it if needed."),
    kRow("strlen", 2, kReadOnly | kFast, kOneKey, StrLen, "2.2.0", "Returns a string's length."),
    kRow("substr", 4, kReadOnly, kOneKey, GetRange, "1.0.0",
         "Returns a part of a string; GETRANGE by its old name."),
};

}  // namespace

Status PutKeepingExpiry(Call& call, const keyspace::KeyName& name, const keyspace::Lookup& before,
                        std::string value) {
  const keyspace::Record* old = before.live();
  const keyspace::Record record{.expiry_ms = old != nullptr ? old->expiry_ms : std::nullopt,
                                .payload = std::move(value)};
  return keyspace::PutRecord(call.tx, name, before, record);
}

std::span<const Command> Rows() { return kRows; }

}  // namespace strings

std::span<const Command> StringCommands() { return strings::Rows(); }

}  // namespace cordwood::commands
