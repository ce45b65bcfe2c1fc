// What one command costs the loop, without sockets: the pipeline on the real environment, one
// connection, sixteen commands at a time, values of 100 bytes under keys of 16, or in one list or
// set.
//
//   command_cost COMMAND WHERE COUNT
//     COMMAND   get, set, incr, hget, hset, lpush, lpop, rpop, sadd or spop
//     WHERE     memtable, or table: flushed, with its blocks in the cache
//
// Prints nanoseconds. Instructions are what other programs do not disturb; only what `Measured`
// does is counted:
//
//   valgrind --tool=callgrind --toggle-collect='*Measured*' command_cost get table 20000

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "base/check.h"
#include "base/format.h"
#include "base/mutex.h"
#include "base/number.h"
#include "base/posix_env.h"
#include "commands/all_commands.h"
#include "commands/core/command_table.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/info/process_host.h"
#include "pipeline/pipeline.h"
#include "protocol/command_writer.h"

namespace cordwood {
namespace {

constexpr uint64_t kKeys = 10'000;
constexpr uint64_t kPipelined = 16;
constexpr size_t kValueBytes = 100;

class QueueTransport final : public pipeline::Transport {
 public:
  pipeline::SocketState SocketOf(uint64_t /*session_id*/) const override { return {}; }
  void Post(std::function<void()> task) override {
    const MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  void Run() {
    for (const std::function<void()>& task : Take()) task();
  }

 private:
  std::deque<std::function<void()>> Take() {
    const MutexLock lock(mutex_);
    return std::exchange(tasks_, {});
  }

  Mutex mutex_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
};

[[gnu::noinline]] void Measured(pipeline::Pipeline& pipeline, pipeline::SessionId id,
                                size_t bytes) {
  pipeline.Received(id, bytes);
}

void Unmeasured(pipeline::Pipeline& pipeline, pipeline::SessionId id, size_t bytes) {
  pipeline.Received(id, bytes);
}

using Receive = void (*)(pipeline::Pipeline&, pipeline::SessionId, size_t);

/// A server without sockets, in a directory of its own.
class Rig {
 public:
  Rig() {
    CHECK(mkdtemp(dir_.data()) != nullptr);
    config_.appendfsync = config::AppendFsync::kNo;
    Result<std::unique_ptr<keyspace::Keyspace>> keyspace = keyspace::Keyspace::Open(
        *env_, dir_ + "/data", {.durability = storage::Durability::kNever}, {});
    CHECK(keyspace.has_value());
    keyspace_ = std::move(*keyspace);
    pipeline_ =
        std::make_unique<pipeline::Pipeline>(*env_, *keyspace_, config_, table_, transport_);
    host_ = std::make_unique<pipeline::ProcessHost>(*pipeline_, pipeline::ProcessFacts{});
    pipeline_->SetHost(&host_->services());
    keyspace_->store().SetListener(
        [this] { transport_.Post([this] { pipeline_->OnProgress(); }); });
    id_ = pipeline_->Open({.address = "127.0.0.1:1", .local_address = "127.0.0.1:6379"});
  }
  ~Rig() {
    keyspace_->store().SetListener({});
    host_.reset();
    pipeline_.reset();
    transport_.Run();
    keyspace_.reset();
    std::filesystem::remove_all(dir_);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// Sends the commands and waits for the replies; nanoseconds until they were run.
  uint64_t Ask(const std::string& requests, uint64_t commands, Receive receive) {
    const uint64_t wanted = pipeline_->stats().commands_processed + commands;
    const std::span<char> room = pipeline_->InputSpan(id_, requests.size());
    requests.copy(room.data(), requests.size());
    const auto start = std::chrono::steady_clock::now();
    receive(*pipeline_, id_, requests.size());
    const auto end = std::chrono::steady_clock::now();
    pipeline_->EndPass();
    // Everything is run and answered before the next pass, so that reads run at the visible state.
    while (pipeline_->stats().commands_processed < wanted || pipeline_->WantsTurn() ||
           keyspace_->store().visible() < keyspace_->store().last_seq()) {
      std::this_thread::yield();
      transport_.Run();
      pipeline_->Turn();
      pipeline_->EndPass();
    }
    transport_.Run();
    pipeline_->OnProgress();
    for (std::string_view ready = pipeline_->ReadyOutput(id_); !ready.empty();
         ready = pipeline_->ReadyOutput(id_)) {
      CHECK(ready.front() != '-');
      pipeline_->Sent(id_, ready.size());
    }
    pipeline_->TakeDirty();
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
  }

  void FlushEverything() {
    bool done = false;
    keyspace_->store().CompactEverything([&] { transport_.Post([&] { done = true; }); });
    while (!done) {
      std::this_thread::yield();
      transport_.Run();
    }
  }

 private:
  std::string dir_ = "/tmp/command_cost.XXXXXX";
  const std::unique_ptr<Env> env_ = NewPosixEnv({});
  config::Config config_;
  const commands::CommandTable table_{commands::AllCommands()};
  QueueTransport transport_;
  std::unique_ptr<keyspace::Keyspace> keyspace_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
  std::unique_ptr<pipeline::ProcessHost> host_;
  pipeline::SessionId id_{};
};

std::string Key(uint64_t i) { return Format("key:{:012}", i * 7919 % kKeys); }

void AppendRequest(std::string& out, std::string_view command, uint64_t i) {
  const std::string key = Key(i);
  const std::string value(kValueBytes, static_cast<char>('a' + i % 26));
  if (command == "get") return protocol::AppendCommand(out, {"GET", key});
  if (command == "set") return protocol::AppendCommand(out, {"SET", key, value});
  if (command == "incr") return protocol::AppendCommand(out, {"INCR", key});
  if (command == "hget") return protocol::AppendCommand(out, {"HGET", key, "field"});
  if (command == "hset")
    return protocol::AppendCommand(out, {"HSET", key, "field", value.substr(50)});
  if (command == "lpush") return protocol::AppendCommand(out, {"LPUSH", "list", value});
  if (command == "lpop") return protocol::AppendCommand(out, {"LPOP", "list"});
  if (command == "rpop") return protocol::AppendCommand(out, {"RPOP", "list"});
  if (command == "sadd") return protocol::AppendCommand(out, {"SADD", "set", Format("m:{}", i)});
  if (command == "spop") return protocol::AppendCommand(out, {"SPOP", "set"});
  CHECK(false);
}

/// Sends `count` commands in batches; nanoseconds spent in running them.
uint64_t Send(Rig& rig, std::string_view command, uint64_t count, Receive receive) {
  uint64_t ns = 0;
  for (uint64_t i = 0; i < count;) {
    std::string requests;
    const uint64_t commands = std::min(kPipelined, count - i);
    for (uint64_t end = i + commands; i < end; ++i) AppendRequest(requests, command, i);
    ns += rig.Ask(requests, commands, receive);
  }
  return ns;
}

/// What puts there what a command works on.
std::string_view FillingFor(std::string_view command) {
  if (command.starts_with("h")) return "hset";
  if (command == "lpush" || command.ends_with("pop")) return command == "spop" ? "sadd" : "lpush";
  return command == "incr" || command == "sadd" ? command : "set";
}

int Run(std::string_view command, std::string_view where, uint64_t count) {
  Rig rig;
  const std::string_view filling = FillingFor(command);
  Send(rig, filling, command.ends_with("pop") ? count + 1 : kKeys, Unmeasured);
  if (where == "table") {
    rig.FlushEverything();
    // Into the cache.
    if (filling == "hset" || filling == "set" || filling == "incr") {
      Send(rig, filling == "hset" ? "hget" : "get", kKeys, Unmeasured);
    }
  }
  const uint64_t ns = Send(rig, command, count, Measured);
  std::fputs(Format("{} {}: {} ns each\n", command, where, ns / count).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace cordwood

int main(int argc, char** argv) {
  const std::optional<int64_t> count = argc == 4 ? cordwood::ParseInt64(argv[3]) : std::nullopt;
  if (!count || *count <= 0) {
    std::fprintf(stderr, "usage: command_cost COMMAND memtable|table COUNT\n");
    return 2;
  }
  return cordwood::Run(argv[1], argv[2], static_cast<uint64_t>(*count));
}
