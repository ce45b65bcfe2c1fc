// cordwood-server: reads the configuration, opens the store, serves.

#include <sys/stat.h>

#include <exception>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/log.h"
#include "base/posix_env.h"
#include "commands/all_commands.h"
#include "commands/core/command_table.h"
#include "commands/core/redis_version.h"
#include "config/command_line.h"
#include "config/option_table.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/info/memory_budget.h"
#include "server/available_memory.h"
#include "server/process.h"
#include "server/server.h"
#include "server/version.h"

namespace cordwood::server {
namespace {

int Exit(ExitCode code) { return static_cast<int>(code); }

int ExitWith(ExitCode code, const Error& error) {
  LogWarning(error.message());
  std::cerr << "cordwood-server: " << error.message() << '\n';
  return Exit(code);
}

ExitCode CodeFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kCorruption:
      return ExitCode::kCorruption;
    case ErrorCode::kLocked:
      return ExitCode::kLocked;
    case ErrorCode::kUnsupported:
      return ExitCode::kUnsupported;
    default:
      return ExitCode::kIo;
  }
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// Of the descriptors that clients leave, half are for tables: log, pipes and accepting need some.
uint64_t TableFilesOf(uint64_t files, int64_t clients) {
  constexpr uint64_t kFewest = 4;
  constexpr uint64_t kMost = 4096;
  const uint64_t others = files - std::min(files, static_cast<uint64_t>(clients));
  return std::clamp(others / 2, kFewest, kMost);
}

int Serve(Env& env, config::Config& config, pipeline::ProcessFacts facts) {
  constexpr uint64_t kFilesOfOurOwn = 1024;
  const uint64_t files =
      RaiseOpenFileLimit(static_cast<uint64_t>(config.maxclients) + kFilesOfOurOwn);
  facts.clients_max =
      static_cast<int64_t>(files > 2 * kFilesOfOurOwn ? files - kFilesOfOurOwn : files / 2);
  if (config.maxclients > facts.clients_max) {
    config.maxclients = facts.clients_max;
    LogNotice(Format("the limit of open files is {}: maxclients is {}", files, config.maxclients));
  }
  facts.available_memory_bytes = AvailableMemoryBytes();
  facts.give_up = [](const Error& error) {
    std::_Exit(static_cast<int>(ExitWith(CodeFor(error), error)));
  };
  if (const auto conflict = pipeline::FindConflict(config, facts.available_memory_bytes)) {
    return ExitWith(ExitCode::kUsage,
                    {ErrorCode::kInvalidArgument,
                     Format("the options\n>>> '{}'\n{}", conflict->option, conflict->reason)});
  }
  const uint64_t budget_bytes = pipeline::MemoryBudget(config, facts.available_memory_bytes);
  storage::StoreOptions options = pipeline::StoreOptionsFor(config, budget_bytes);
  options.open_files = TableFilesOf(files, config.maxclients);
  const uint64_t opening_ns = env.MonotonicNs();
  Result<std::unique_ptr<keyspace::Keyspace>> keyspace = keyspace::Keyspace::Open(
      env, config.dir, options, pipeline::KeyspaceOptionsFor(config, budget_bytes));
  if (!keyspace) return ExitWith(CodeFor(keyspace.error()), keyspace.error());
  ExitCode code = ExitCode::kOk;
  {
    const commands::CommandTable table(commands::AllCommands());
    Server server(env, **keyspace, config, table, std::move(facts));
    if (const Status listening = server.Listen(); !listening) {
      return ExitWith(ExitCode::kCannotListen, listening.error());
    }
    LogNotice(Format("Ready to accept connections on port {}, data in {} (opened in {} ms)",
                     config.port, config.dir, (env.MonotonicNs() - opening_ns) / 1'000'000));
    code = server.Run();
  }
  const Status closed = (*keyspace)->store().Close();
  if (code != ExitCode::kOk) return Exit(code);
  if (!closed) return ExitWith(ExitCode::kLogFailed, closed.error());
  LogNotice("everything is on the disk; bye");
  return Exit(ExitCode::kOk);
}

Result<config::Config> LoadConfig(const config::CommandLine& line,
                                  const std::string& standard_input) {
  const std::unique_ptr<Env> env = NewPosixEnv({});
  return config::LoadConfig(*env, line, standard_input);
}

int Main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const Result<config::CommandLine> line = config::ParseCommandLine(arguments);
  if (!line) return ExitWith(ExitCode::kUsage, line.error());
  if (line->action == config::Action::kShowVersion) {
    std::cout << "Cordwood server v=" << kVersion << " redis=" << commands::kRedisVersion << '\n';
    return Exit(ExitCode::kOk);
  }
  if (line->action == config::Action::kShowHelp) {
    std::cout << config::HelpText();
    return Exit(ExitCode::kOk);
  }
  std::string standard_input;
  if (line->reads_standard_input) {
    standard_input.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  umask(0077);
  Result<config::Config> config = LoadConfig(*line, standard_input);
  if (!config) return ExitWith(ExitCode::kUsage, config.error());
  // One for level zero beside those that may all be busy with deep merges (storage/options.h).
  const std::unique_ptr<Env> env =
      NewPosixEnv({.compaction_threads = static_cast<int>(config->compaction_threads) + 1});
  SetLogLevel(config->loglevel);
  if (const Status logging = SetLogFile(config->logfile); !logging) {
    return ExitWith(ExitCode::kUsage, logging.error());
  }
  const std::vector<std::string> ignored = config::AcceptedWithoutEffect(*config);
  if (!ignored.empty()) LogNotice(Format("options without effect here: {}", Joined(ignored)));
  pipeline::ProcessFacts facts = GatherFacts(*env, argv[0]);
  facts.config_file = line->file.value_or("");
  return Serve(*env, *config, std::move(facts));
}

}  // namespace
}  // namespace cordwood::server

int main(int argc, char** argv) {
  cordwood::server::PrepareSignals();
  int code = 0;
  try {
    code = cordwood::server::Main(argc, argv);
  } catch (const std::exception& error) {
    // Ours does not throw; asio does when the system has no descriptor left for its own needs.
    std::cerr << "cordwood-server: cannot start: " << error.what()
              << ". Raise the limit of open files (ulimit -n) or free memory.\n";
    code = static_cast<int>(cordwood::server::ExitCode::kIo);
  }
  cordwood::FlushLog();
  return code;
}
