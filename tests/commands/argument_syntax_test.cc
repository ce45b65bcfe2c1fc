#include "commands/core/argument_syntax.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace cordwood::commands {
namespace {

using Type = Argument::Type;

Argument Only(std::string_view syntax) {
  const auto arguments = ParseArguments(syntax);
  EXPECT_TRUE(arguments && arguments->size() == 1) << syntax;
  return arguments && arguments->size() == 1 ? arguments->front() : Argument();
}

TEST(ArgumentSyntax, KnowsTypes) {
  EXPECT_EQ(Only("value").type, Type::kString);
  EXPECT_EQ(Only("value").name, "value");
  EXPECT_EQ(Only("count:integer").type, Type::kInteger);
  EXPECT_EQ(Only("increment:double").type, Type::kDouble);
  EXPECT_EQ(Only("at:unix-time").type, Type::kUnixTime);
  EXPECT_EQ(Only("pattern:pattern").type, Type::kPattern);
  EXPECT_EQ(Only("key:key").key_spec, -1);
  EXPECT_EQ(Only("source#1").type, Type::kKey);
  EXPECT_EQ(Only("source#1").key_spec, 1);
}

TEST(ArgumentSyntax, KnowsTokens) {
  EXPECT_EQ(Only("NO-TOUCH").type, Type::kPureToken);
  EXPECT_EQ(Only("NO-TOUCH").token, "NO-TOUCH");
  EXPECT_EQ(Only("NO-TOUCH").name, "no-touch");
  EXPECT_EQ(Only("LEN=length").name, "length");
  EXPECT_EQ(Only("'~'=approximately").token, "~");
  EXPECT_EQ(Only("'~'=approximately").type, Type::kPureToken);
  EXPECT_EQ(Only("COUNT count:integer").token, "COUNT");
  EXPECT_EQ(Only("COUNT count:integer").type, Type::kInteger);
  EXPECT_EQ(ParseArguments("NX=nx value")->size(), 2U);
}

TEST(ArgumentSyntax, KnowsGroups) {
  const Argument choice = Only("[TYPE type=(NORMAL | pair=<field value...>)@5.0.0]");
  EXPECT_EQ(choice.type, Type::kOneOf);
  EXPECT_EQ(choice.token, "TYPE");
  EXPECT_EQ(choice.since, "5.0.0");
  EXPECT_TRUE(choice.optional);
  ASSERT_EQ(choice.parts.size(), 2U);
  EXPECT_EQ(choice.parts[0].type, Type::kPureToken);
  EXPECT_EQ(choice.parts[1].type, Type::kBlock);
  ASSERT_EQ(choice.parts[1].parts.size(), 2U);
  EXPECT_TRUE(choice.parts[1].parts[1].multiple);
}

TEST(ArgumentSyntax, KnowsMarks) {
  const Argument argument = Only("[GET field{any name}@6.2.0~7.0.0...each]");
  EXPECT_EQ(argument.name, "field");
  EXPECT_EQ(argument.shown(), "any name");
  EXPECT_EQ(argument.since, "6.2.0");
  EXPECT_EQ(argument.deprecated_since, "7.0.0");
  EXPECT_TRUE(argument.optional && argument.multiple && argument.multiple_token);
  const Argument versioned = Only("id:integer@6.2.0...");
  EXPECT_EQ(versioned.since, "6.2.0");
  EXPECT_TRUE(versioned.multiple);
  EXPECT_EQ(Only("plain").shown(), "plain");
}

TEST(ArgumentSyntax, RefusesWhatItDoesNotKnow) {
  EXPECT_TRUE(ParseArguments("")->empty());
  for (const char* syntax :
       {" ",    "key ",  " key",    "key  value", "[key",    "key]", "key:number",
        "key#", "key#x", "a=(b",    "a=<b",       "a=(b|c)", "a=",   "a=()",
        "A=",   "'x",    "''",      "key@",       "key@6.2", "key{", "key{}",
        "k!",   "[]",    "key....", "key~",       "7x"}) {
    const bool starts_with_digit = std::string_view(syntax) == "7x";
    EXPECT_EQ(ParseArguments(syntax).has_value(), starts_with_digit) << "'" << syntax << "'";
  }
}

TEST(ArgumentSyntax, IsShownAsPeopleReadIt) {
  const auto shown = [](std::string_view syntax) { return ShowArguments(*ParseArguments(syntax)); };
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("key#0 [value]"), "<key> [<value>]");
  EXPECT_EQ(shown("addr{ip:port}"), "<ip:port>");
  EXPECT_EQ(shown("[NX] [COUNT count:integer]"), "[NX] [COUNT <count>]");
  EXPECT_EQ(shown("enabled=(ON | OFF)"), "(ON|OFF)");
  EXPECT_EQ(shown("[condition=(NX | XX)]"), "[NX|XX]");
  EXPECT_EQ(shown("[TYPE type=(A | B)]"), "[TYPE (A|B)]");
  EXPECT_EQ(shown("field..."), "<field> [<field> ...]");
  EXPECT_EQ(shown("data=<field value>..."), "<field> <value> [<field> <value> ...]");
  EXPECT_EQ(shown("[ID id:integer...]"), "[ID <id> [<id> ...]]");
  EXPECT_EQ(shown("[GET field...each]"), "[GET <field> [GET <field> ...]]");
  EXPECT_EQ(shown("filter=([ID id] | [USER name])..."), "([ID <id>]|[USER <name>]) ...");
}

}  // namespace
}  // namespace cordwood::commands
