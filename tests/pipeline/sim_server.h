#pragma once

// The whole server but its sockets, on the simulated environment: request bytes in, reply bytes
// out, in one thread under a seed. While it serves, the loop may not touch a file.
//
// Threads: one.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commands/all_commands.h"
#include "commands/core/command_table.h"
#include "config/config.h"
#include "keyspace/core/keyspace.h"
#include "pipeline/info/process_host.h"
#include "pipeline/pipeline.h"
#include "tests/support/sim_env.h"

namespace cordwood::pipeline {

/// Small enough that some hundred commands rotate, flush and merge.
storage::StoreOptions TinyStoreOptions();

/// The bytes of several commands.
std::string Pipelined(const std::vector<std::vector<std::string_view>>& commands);

class SimServer final : public Transport {
 public:
  SimServer(support::SimEnv& env, const storage::StoreOptions& store_options,
            config::Config config = {});
  ~SimServer() override;

  /// Opens the store and starts to serve; on failure there is nothing to talk to.
  Status Start();
  /// It was started.
  bool serves() const { return pipeline_ != nullptr; }

  SessionId Connect();
  void Disconnect(SessionId id);
  /// The connection reads nothing more, or goes on.
  void SetReading(SessionId id, bool reads);
  /// The bytes arrive; complete commands run.
  void Deliver(SessionId id, std::string_view bytes);
  /// Deliver, and a pass of the loop ends.
  void Send(SessionId id, std::string_view bytes);
  void SendCommand(SessionId id, const std::vector<std::string_view>& argv);
  /// What the connection was sent since the last call.
  std::string Receive(SessionId id);

  /// Runs what is due on the loop: posted tasks, progress, slices, then the end of a pass. False:
  /// nothing was due.
  bool RunLoop();
  /// One step of a background task, then the loop. False: there was nothing to do.
  bool Step();
  /// Steps until nothing can go on.
  void Settle();
  /// The same for so many milliseconds of virtual time.
  void RunForMs(uint64_t ms);
  /// One command on a connection of its own, run to its reply; empty if the world froze.
  std::string Ask(const std::vector<std::string_view>& argv);

  /// Everything that INFO says.
  std::map<std::string, std::string> Info();
  /// A field of it. REQUIRES: it is there, and a whole number.
  int64_t InfoNumber(const std::string& field);

  void Tick();
  bool Closed(SessionId id) const { return closed_.contains(id); }
  Pipeline& pipeline() { return *pipeline_; }
  keyspace::Keyspace& keyspace() { return *keyspace_; }
  support::SimEnv& env() { return env_; }
  config::Config& config() { return config_; }
  /// What the process would know of itself. Before Start.
  ProcessFacts& facts() { return facts_; }

  void Post(std::function<void()> task) override { posted_.push_back(std::move(task)); }
  /// A descriptor is a hundred more than its session's number.
  SocketState SocketOf(SessionId id) const override;

 private:
  void Serve();
  void ServeOne(SessionId id);

  support::SimEnv& env_;
  const storage::StoreOptions store_options_;
  config::Config config_;
  ProcessFacts facts_;
  const commands::CommandTable table_{commands::AllCommands()};
  std::unique_ptr<keyspace::Keyspace> keyspace_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ProcessHost> host_;
  std::deque<std::function<void()>> posted_;
  bool progress_ = false;
  std::map<SessionId, std::string> received_;
  std::set<SessionId> closed_;
  std::set<SessionId> not_reading_;
};

}  // namespace cordwood::pipeline
