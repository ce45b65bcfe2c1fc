#include "commands/core/command_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "commands/all_commands.h"
#include "commands/core/row.h"

namespace cordwood::commands {
namespace {

class Resolve : public testing::Test {
 protected:
  /// The error for `argv`, or the name of the row that was found.
  std::string Outcome(const std::vector<std::string_view>& argv) const {
    const Resolved resolved = table_.Resolve(argv);
    return resolved.error.empty() ? std::string(resolved.command->name) : resolved.error;
  }

  const CommandTable table_{AllCommands()};
};

TEST_F(Resolve, FindsNamesInAnyCase) {
  EXPECT_EQ(Outcome({"get", "k"}), "get");
  EXPECT_EQ(Outcome({"GET", "k"}), "get");
  EXPECT_EQ(Outcome({"gEt", "k"}), "get");
  EXPECT_EQ(table_.Find("HGETALL")->name, "hgetall");
  EXPECT_EQ(table_.Find("nope"), nullptr);
  EXPECT_EQ(table_.Find(""), nullptr);
}

TEST_F(Resolve, RepeatsAnUnknownCommandWithItsArguments) {
  EXPECT_EQ(Outcome({"FOO", "a", "b"}),
            "ERR unknown command 'FOO', with args beginning with: 'a' 'b' ");
  EXPECT_EQ(Outcome({"FOO"}), "ERR unknown command 'FOO', with args beginning with: ");
  EXPECT_EQ(Outcome({""}), "ERR unknown command '', with args beginning with: ");
}

TEST_F(Resolve, CutsWhatItRepeats) {
  const std::string long_name(200, 'x');
  const std::string cut_name(128, 'x');
  EXPECT_EQ(Outcome({long_name}),
            "ERR unknown command '" + cut_name + "', with args beginning with: ");
  // The second argument has what the first one, its quotes and a space left of 128.
  const std::string first(100, 'a');
  const std::string second(100, 'b');
  EXPECT_EQ(Outcome({"FOO", first, second, "c"}),
            "ERR unknown command 'FOO', with args beginning with: '" + first + "' '" +
                std::string(25, 'b') + "' ");
  EXPECT_EQ(Outcome({std::string_view("FO\0O", 4), std::string_view("a\0b", 3)}),
            "ERR unknown command 'FO', with args beginning with: 'a' ");
}

TEST_F(Resolve, CountsArguments) {
  EXPECT_EQ(Outcome({"GET"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(Outcome({"GET", "a", "b"}), "ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(Outcome({"MGET"}), "ERR wrong number of arguments for 'mget' command");
  EXPECT_EQ(Outcome({"MGET", "a", "b", "c"}), "mget");
}

TEST_F(Resolve, KnowsSubcommands) {
  EXPECT_EQ(Outcome({"CONFIG"}), "ERR wrong number of arguments for 'config' command");
  EXPECT_EQ(Outcome({"CONFIG", "GET"}), "ERR wrong number of arguments for 'config|get' command");
  EXPECT_EQ(Outcome({"config", "gEt", "*"}), "config|get");
  EXPECT_EQ(Outcome({"config", "FOO"}), "ERR unknown subcommand 'FOO'. Try CONFIG HELP.");
}

TEST(CommandTable, HasWhatItIsMadeOf) {
  const auto nothing = [](Call& /*call*/) { return Status(); };
  const Command first[] = {{.name = "one", .arity = 1, .handler = nothing}};
  const Command second[] = {{.name = "two", .arity = -2, .handler = nothing},
                            {.name = "three", .arity = 1, .handler = nothing}};
  const Rows families[] = {first, second};
  const CommandTable table(families);
  EXPECT_EQ(table.all(), (std::vector<const Command*>{&first[0], &second[0], &second[1]}));
  EXPECT_EQ(table.Find("TWO"), &second[0]);
  EXPECT_EQ(table.Find("get"), nullptr);
}

TEST(CommandTable, EveryRowIsWhole) {
  const CommandTable table(AllCommands());
  for (const Command* command : table.all()) {
    SCOPED_TRACE(std::string(command->name));
    EXPECT_EQ(table.Find(command->name), command);
    EXPECT_FALSE(command->docs.summary.empty());
    EXPECT_FALSE(command->docs.since.empty());
    EXPECT_FALSE(command->docs.group.empty());
    const bool writes = (command->flags & kWrite) != 0;
    const bool reads = (command->flags & kReadOnly) != 0;
    EXPECT_FALSE(writes && reads);
    EXPECT_TRUE(!HasKeys(*command) || writes || reads || (command->flags & kOnExecutor) != 0);
    const KeyTriple keys = TripleOf(command->keys);
    EXPECT_TRUE(keys.first == 0 || !HasKeys(*command) ||
                std::abs(command->arity) >= keys.first + 1);
    EXPECT_FALSE((command->flags & kFrees) != 0 && !writes);
    EXPECT_FALSE((command->flags & kFrees) != 0 && (command->flags & kDenyOom) != 0);
  }
}

TEST(CommandTable, HasAllStringAndHashCommands) {
  const CommandTable table(AllCommands());
  for (const char* name :
       {"append",      "decr",   "decrby",       "get",   "getdel",  "getex",      "getrange",
        "getset",      "incr",   "incrby",       "lcs",   "mget",    "mset",       "msetnx",
        "incrbyfloat", "psetex", "set",          "setex", "setnx",   "setrange",   "strlen",
        "substr",      "hdel",   "hexists",      "hget",  "hgetall", "hincrby",    "hkeys",
        "hlen",        "hmget",  "hincrbyfloat", "hmset", "hscan",   "hrandfield", "hset",
        "hsetnx",      "hvals",  "hstrlen"}) {
    EXPECT_NE(table.Find(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace cordwood::commands
