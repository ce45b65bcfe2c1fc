#include "config/command_line.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/posix_env.h"
#include "config/option_table.h"
#include "tests/support/temp_dir.h"

namespace cordwood::config {
namespace {

using Words = std::vector<std::string>;
using Options = std::vector<Words>;

CommandLine MustParse(const Words& arguments) {
  const Result<CommandLine> command_line = ParseCommandLine(arguments);
  EXPECT_TRUE(command_line) << command_line.error().message();
  return command_line.value_or(CommandLine());
}

std::string RefusalOf(const Words& arguments) {
  const Result<CommandLine> command_line = ParseCommandLine(arguments);
  return command_line ? "accepted" : command_line.error().message();
}

TEST(CommandLine, NothingMeansServeWithDefaults) {
  const CommandLine command_line = MustParse({});
  EXPECT_EQ(command_line.action, Action::kServe);
  EXPECT_EQ(command_line.file, std::nullopt);
  EXPECT_FALSE(command_line.reads_standard_input);
  EXPECT_EQ(command_line.options, Options{});
}

TEST(CommandLine, VersionAndHelpStandAlone) {
  EXPECT_EQ(MustParse({"--version"}).action, Action::kShowVersion);
  EXPECT_EQ(MustParse({"-v"}).action, Action::kShowVersion);
  EXPECT_EQ(MustParse({"--help"}).action, Action::kShowHelp);
  EXPECT_EQ(MustParse({"-h"}).action, Action::kShowHelp);
}

TEST(CommandLine, AFileComesFirst) {
  const CommandLine command_line = MustParse({"a.conf", "--port", "7000"});
  EXPECT_EQ(command_line.file, "a.conf");
  EXPECT_EQ(command_line.options, (Options{{"port", "7000"}}));
}

TEST(CommandLine, ADashIsStandardInputFirstOrLast) {
  EXPECT_TRUE(MustParse({"-"}).reads_standard_input);
  EXPECT_TRUE(MustParse({"-", "--port", "1"}).reads_standard_input);
  EXPECT_TRUE(MustParse({"a.conf", "-"}).reads_standard_input);
  const CommandLine last = MustParse({"a.conf", "--port", "1", "-"});
  EXPECT_TRUE(last.reads_standard_input);
  EXPECT_EQ(last.options, (Options{{"port", "1"}}));
}

TEST(CommandLine, ValuesReachToTheNextName) {
  EXPECT_EQ(MustParse({"--save", "900", "1", "300", "10", "--bind", "127.0.0.1", "-::1"}).options,
            (Options{{"save", "900", "1", "300", "10"}, {"bind", "127.0.0.1", "-::1"}}));
}

TEST(CommandLine, TheFirstValueMayLookLikeAName) {
  EXPECT_EQ(MustParse({"--requirepass", "--secret", "--port", "1"}).options,
            (Options{{"requirepass", "--secret"}, {"port", "1"}}));
}

TEST(CommandLine, NameAndValueMayBeOneArgument) {
  EXPECT_EQ(MustParse({"--port 7000", "--save \"\"", "--timeout", "1"}).options,
            (Options{{"port", "7000"}, {"save", ""}, {"timeout", "1"}}));
}

TEST(CommandLine, SaveWithoutAValueIsAnEmptyOne) {
  EXPECT_EQ(MustParse({"--save"}).options, (Options{{"save", ""}}));
  EXPECT_EQ(MustParse({"--save", "--port", "1"}).options, (Options{{"save", ""}, {"port", "1"}}));
}

TEST(CommandLine, StrayArgumentsAreRefused) {
  EXPECT_EQ(RefusalOf({"-p", "7000"}),
            "the command line\n>>> '-p'\nexpected a file or --option value");
  EXPECT_EQ(RefusalOf({"a.conf", "b.conf"}),
            "the command line\n>>> 'b.conf'\nexpected a file or --option value");
  EXPECT_EQ(RefusalOf({"--"}), "the command line\n>>> '--'\nexpected the name of an option");
}

class LoadConfigTest : public ::testing::Test {
 protected:
  /// A file with this text; its path.
  std::string Write(std::string_view text) {
    const std::string path = dir_ / "cordwood.conf";
    const auto file = env_->Open(path, OpenMode::kCreate);
    EXPECT_TRUE(file && (*file)->WriteAt(0, text));
    return path;
  }

  Result<Config> Load(const Words& arguments, std::string_view standard_input = "") {
    return LoadConfig(*env_, MustParse(arguments), standard_input);
  }

  const support::TempDir dir_;
  const std::unique_ptr<Env> env_ = NewPosixEnv();
};

TEST_F(LoadConfigTest, OptionsWinOverStandardInputOverTheFile) {
  const std::string file = Write("port 1\ntimeout 1\nmaxclients 1\n");
  const Result<Config> config = Load({file, "--port", "3", "-"}, "port 2\ntimeout 2\n");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->port, 3);
  EXPECT_EQ(config->timeout_seconds, 2);
  EXPECT_EQ(config->maxclients, 1);
}

TEST_F(LoadConfigTest, StandardInputIsIgnoredUnlessAskedFor) {
  EXPECT_EQ(Load({}, "port 1\n")->port, 6379);
}

TEST_F(LoadConfigTest, AnEmptySaveTurnsOffTheFilesOne) {
  const std::string file = Write("save 900 1\n");
  EXPECT_EQ(GetOption(*Load({file}), "save"), "900 1");
  EXPECT_EQ(GetOption(*Load({file, "--save"}), "save"), "");
}

TEST_F(LoadConfigTest, ErrorsSayWhereTheyAre) {
  EXPECT_EQ(Load({"--port", "abc"}).error().message(),
            "the command line\n>>> '--port abc'\nargument couldn't be parsed into an integer");
  EXPECT_EQ(Load({"--port"}).error().message(),
            "the command line\n>>> '--port'\nwrong number of arguments");
  EXPECT_EQ(Load({"--bogus", "1"}).error().message(),
            "the command line\n>>> '--bogus 1'\nBad directive or wrong number of arguments");
  EXPECT_EQ(Load({"-"}, "hz\n").error().message(),
            "standard input, line 1\n>>> 'hz'\nwrong number of arguments");
  EXPECT_FALSE(Load({"/nowhere/cordwood.conf"}));
}

TEST(HelpText, ShowsHowToStart) { EXPECT_TRUE(HelpText().starts_with("Usage: cordwood-server")); }

}  // namespace
}  // namespace cordwood::config
