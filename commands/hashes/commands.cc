// The hash commands of Redis 7.2: their rows.

#include "commands/core/command_table.h"
#include "commands/core/row_maker.h"
#include "commands/hashes/handlers.h"

namespace cordwood::commands {
namespace hashes {
namespace {

constexpr uint32_t kGrows = kWrite | kDenyOom | kFast;

constexpr RowMaker kRow = {.group = "hash", .keys = kOneKey};

constexpr Command kRows[] = {
    kRow("hdel", -3, kWrite | kFrees | kFast, HDel, "2.0.0",
         "Deletes fields, and the hash with its last one."),
    kRow("hexists", 3, kReadOnly | kFast, HExists, "2.0.0", "Tells whether a field exists."),
    kRow("hget", 3, kReadOnly | kFast, HGet, "2.0.0", "Returns the value of a field."),
    kRow("hgetall", 2, kReadOnly, HGetAll, "2.0.0", "Returns all fields and values."),
    kRow("hincrby", 4, kGrows, HIncrBy, "2.0.0", "Adds a number to an integer in a field."),
    kRow("hincrbyfloat", 4, kGrows, HIncrByFloat, "2.6.0",
         "Adds a number to a floating-point number in a field."),
    kRow("hkeys", 2, kReadOnly, HKeys, "2.0.0", "Returns all fields."),
    kRow("hlen", 2, kReadOnly | kFast, HLen, "2.0.0", "Returns the number of fields."),
    kRow("hmget", -3, kReadOnly | kFast, HMGet, "2.0.0", "Returns the values of several fields."),
    kRow("hmset", -4, kGrows, HMSet, "2.0.0", "Sets several fields; HSET by its old name."),
    kRow("hrandfield", -2, kReadOnly, HRandField, "6.2.0", "Returns random fields."),
    kRow("hscan", -3, kReadOnly, HScan, "2.8.0", "Walks the fields and values page by page."),
    kRow("hset", -4, kGrows, HSet, "2.0.0", "Sets fields."),
    kRow("hsetnx", 4, kGrows, HSetNx, "2.0.0", "Sets a field that does not exist."),
    kRow("hstrlen", 3, kReadOnly | kFast, HStrLen, "3.2.0",
         "Returns the length of a field's value."),
    kRow("hvals", 2, kReadOnly, HVals, "2.0.0", "Returns all values."),
};

}  // namespace

}  // namespace hashes

std::span<const Command> HashCommands() { return hashes::kRows; }

}  // namespace cordwood::commands
