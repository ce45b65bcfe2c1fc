#pragma once

// The loop: listens, carries bytes between sockets and the pipeline, ticks, stops on signals. One
// thread runs Run; the executor is part of it (the one-loop form).
//
// A pass: handlers of all ready sockets run, then EndPass once: the log's group is sent on its
// way, and every session that has something to send is served.
//
// Ownership: everything passed in outlives it. Threads: Run's, but for Post and the store's
// listener, which any thread may call.

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/info/process_host.h"
#include "pipeline/loop/transport.h"
#include "pipeline/pipeline.h"
#include "server/connection.h"
#include "server/exit_codes.h"
#include "server/farewell.h"

namespace cordwood::server {

class Server final : public pipeline::Transport {
 public:
  Server(Env& env, keyspace::Keyspace& keyspace, config::Config& config,
         const commands::CommandTable& table, pipeline::ProcessFacts facts);
  ~Server() override;

  /// Binds every address of the configuration.
  Status Listen() { return Listen(config_); }
  /// Serves until a signal or SHUTDOWN, or until the log fails.
  ExitCode Run();

  // --- for connections ---
  pipeline::Pipeline& pipeline() { return pipeline_; }
  /// Serves the session at the end of this pass.
  void ServiceSoon(pipeline::SessionId id);
  /// The peer is gone.
  void Drop(pipeline::SessionId id);

  void Post(std::function<void()> task) override;
  pipeline::SocketState SocketOf(pipeline::SessionId id) const override;

 private:
  struct Listener {
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer again;  // after an error
    bool failing = false;      // it was logged
    bool in_use = false;       // by a handler that is to be called
    bool closed = false;       // it goes when it is in use no more
  };

  Status Listen(const config::Config& config);
  /// Listens where `config` says instead; where it did before, if that fails.
  Status Relisten(const config::Config& config);
  Status ListenOn(const std::string& address, uint16_t port, bool optional);
  void CloseListeners();
  /// Whether an accept, or the wait before one, has nothing more to do.
  bool Forget(Listener& listener);
  void Accept(Listener& listener);
  void AcceptLater(Listener& listener, const asio::error_code& error);
  void Adopt(asio::ip::tcp::socket socket);
  void WaitForSignal();
  /// Whoever rotates log files has moved the old one away.
  void ReopenLogFile();
  void ScheduleTick();
  void EndPassSoon();
  void EndPass();
  void ServeDirty();
  void ArmWakeTimer();
  void OnProgress();
  /// Stops accepting and reading; the loop ends once every reply that can leave has left, and
  /// was taken by its client as far as server/farewell.h waits for that.
  void BeginShutdown(const char* why);
  void FinishShutdownIfQuiet();
  bool ClientsAreDone();

  Env& env_;
  keyspace::Keyspace& keyspace_;
  config::Config& config_;
  asio::io_context loop_{1};
  pipeline::Pipeline pipeline_;
  pipeline::ProcessHost host_;
  asio::signal_set signals_;
  asio::steady_timer tick_;
  asio::steady_timer wake_;
  asio::steady_timer farewell_again_;
  uint64_t wake_at_ns_ = 0;        // when it fires; 0: it does not
  std::list<Listener> listeners_;  // their handlers refer to them
  std::unordered_map<pipeline::SessionId, std::shared_ptr<Connection>> connections_;
  std::vector<pipeline::SessionId> serve_;
  std::atomic<bool> progress_posted_{false};
  bool end_pass_posted_ = false;
  bool turn_posted_ = false;
  bool failure_logged_ = false;
  bool stopping_ = false;
  uint64_t stop_by_ns_ = 0;
  Farewell farewell_;
  ExitCode exit_code_ = ExitCode::kOk;
};

}  // namespace cordwood::server
