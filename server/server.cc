#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/format.h"
#include "base/log.h"
#include "server/process.h"

namespace cordwood::server {
namespace {

using asio::ip::tcp;

constexpr auto kAcceptRetry = std::chrono::milliseconds(100);
// How long a stop waits for the store to make visible what was written.
constexpr uint64_t kShutdownNs = 10'000'000'000;
// How often a stop looks what its clients have taken.
constexpr auto kFarewellLook = std::chrono::milliseconds(5);

std::string EndpointText(const tcp::endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  return address.is_v6() ? Format("[{}]:{}", address.to_string(), endpoint.port())
                         : Format("{}:{}", address.to_string(), endpoint.port());
}

pipeline::ProcessFacts WithListen(pipeline::ProcessFacts facts,
                                  std::function<Status(const config::Config&)> listen) {
  facts.listen = std::move(listen);
  return facts;
}

bool IsLocal(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

Server::Server(Env& env, keyspace::Keyspace& keyspace, config::Config& config,
               const commands::CommandTable& table, pipeline::ProcessFacts facts)
    : env_(env),
      keyspace_(keyspace),
      config_(config),
      pipeline_(env, keyspace, config, table, *this),
      host_(pipeline_,
            WithListen(std::move(facts),
                       [this](const config::Config& wanted) { return Relisten(wanted); })),
      signals_(loop_),
      tick_(loop_),
      wake_(loop_),
      farewell_again_(loop_) {
  pipeline_.SetHost(&host_.services());
  keyspace_.SetListener([this] {
    if (!progress_posted_.exchange(true)) asio::post(loop_, [this] { OnProgress(); });
  });
}

Server::~Server() {
  keyspace_.SetListener(nullptr);
  for (auto& [id, connection] : connections_) connection->ShutGently();
}

void Server::Post(std::function<void()> task) {
  asio::post(loop_, [this, task = std::move(task)] {
    task();
    EndPassSoon();
  });
}

pipeline::SocketState Server::SocketOf(pipeline::SessionId id) const {
  const auto it = connections_.find(id);
  return it == connections_.end() ? pipeline::SocketState{} : it->second->state();
}

// --- listening ---

Status Server::Listen(const config::Config& config) {
  if (config.port == 0) return {};
  const size_t before = listeners_.size();
  for (const std::string& address : config.bind) {
    const bool optional = address.starts_with('-');
    CW_TRY(ListenOn(optional ? address.substr(1) : address, static_cast<uint16_t>(config.port),
                    optional));
  }
  if (listeners_.size() == before) {
    return Fail(ErrorCode::kInvalidArgument, "none of the addresses of `bind` could be used");
  }
  for (Listener& listener : listeners_) {
    if (!listener.closed) Accept(listener);
  }
  return {};
}

Status Server::Relisten(const config::Config& config) {
  CloseListeners();  // an address is often named by both
  Status listening = Listen(config);
  if (listening) return {};
  CloseListeners();
  if (const Status again = Listen(config_); !again) {
    LogWarning(Format("no new connection can be made: {}", again.error().message()));
  }
  return listening;
}

void Server::CloseListeners() {
  asio::error_code ignored;
  for (Listener& listener : listeners_) {
    listener.closed = true;
    listener.acceptor.close(ignored);
    listener.again.cancel();
  }
  std::erase_if(listeners_, [](const Listener& listener) { return !listener.in_use; });
}

bool Server::Forget(Listener& listener) {
  listener.in_use = false;
  if (listener.closed) {
    listeners_.remove_if([&](const Listener& each) { return &each == &listener; });
    return true;
  }
  return stopping_;
}

Status Server::ListenOn(const std::string& address, uint16_t port, bool optional) {
  asio::error_code error;
  asio::ip::address parsed;
  if (address == "*") {
    parsed = asio::ip::address_v4::any();
  } else if (address == "::*") {
    parsed = asio::ip::address_v6::any();
  } else {
    parsed = asio::ip::make_address(address, error);
  }
  if (error) {
    return Fail(ErrorCode::kInvalidArgument,
                Format("bind {}: not a numeric address; give an IPv4 or IPv6 address", address));
  }
  const tcp::endpoint endpoint(parsed, port);
  tcp::acceptor acceptor(loop_);
  acceptor.open(endpoint.protocol(), error);
  if (!error && parsed.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(static_cast<int>(config_.tcp_backlog), error);
  if (error) {
    const bool absent = error.value() == EAFNOSUPPORT || error.value() == EADDRNOTAVAIL;
    if (optional && absent) return {};
    return Fail(ErrorCode::kIo,
                Format("cannot listen on {}: {}. Choose another port with --port, or stop the "
                       "process that uses this one.",
                       EndpointText(endpoint), error.message()));
  }
  acceptor.non_blocking(true, error);
  listeners_.push_back({.acceptor = std::move(acceptor), .again = asio::steady_timer(loop_)});
  return {};
}

void Server::Accept(Listener& listener) {
  listener.in_use = true;
  listener.acceptor.async_accept(
      [this, &listener](const asio::error_code& error, tcp::socket socket) {
        if (Forget(listener)) return;
        if (error && error != asio::error::connection_aborted) {
          AcceptLater(listener, error);
          return;
        }
        listener.failing = false;
        if (!error) Adopt(std::move(socket));
        Accept(listener);
      });
}

void Server::AcceptLater(Listener& listener, const asio::error_code& error) {
  if (!std::exchange(listener.failing, true)) {
    LogWarning(error == asio::error::no_descriptors
                   ? "no file descriptor left for a new connection; raise the limit (ulimit -n)"
                   : Format("cannot accept a connection: {}", error.message()));
  }
  listener.again.expires_after(kAcceptRetry);
  listener.in_use = true;
  listener.again.async_wait([this, &listener](const asio::error_code& cancelled) {
    if (!Forget(listener) && !cancelled) Accept(listener);
  });
}

void Server::Adopt(tcp::socket socket) {
  asio::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const tcp::endpoint local = socket.local_endpoint(error);
  socket.non_blocking(true, error);
  socket.set_option(tcp::no_delay(true), error);
  socket.set_option(asio::socket_base::keep_alive(config_.tcp_keepalive_seconds > 0), error);
  const pipeline::SessionId id = pipeline_.Open({.address = EndpointText(remote),
                                                 .local_address = EndpointText(local),
                                                 .is_local = IsLocal(remote.address())});
  connections_.emplace(id, std::make_shared<Connection>(*this, std::move(socket), id));
  ServiceSoon(id);
}

void Server::Drop(pipeline::SessionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  it->second->Shut();
  connections_.erase(it);
  pipeline_.Close(id);
  EndPassSoon();
}

// --- passes ---

void Server::ServiceSoon(pipeline::SessionId id) {
  serve_.push_back(id);
  EndPassSoon();
}

void Server::EndPassSoon() {
  if (end_pass_posted_) return;
  end_pass_posted_ = true;
  asio::post(loop_, [this] { EndPass(); });
}

void Server::EndPass() {
  end_pass_posted_ = false;
  pipeline_.EndPass();
  ServeDirty();
  pipeline_.EndPass();  // serving may have let held commands run
  if (pipeline_.WantsTurn() && !std::exchange(turn_posted_, true)) {
    asio::post(loop_, [this] {
      turn_posted_ = false;
      pipeline_.Turn();
      EndPassSoon();
    });
  }
  ArmWakeTimer();
  if (host_.shutdown_requested()) BeginShutdown("SHUTDOWN");
  if (stopping_) FinishShutdownIfQuiet();
}

void Server::ServeDirty() {
  while (true) {
    std::vector<pipeline::SessionId> ids = pipeline_.TakeDirty();
    ids.insert(ids.end(), serve_.begin(), serve_.end());
    serve_.clear();
    if (ids.empty()) return;
    for (const pipeline::SessionId id : ids) {
      const auto it = connections_.find(id);
      if (it != connections_.end() && !it->second->Service()) Drop(id);
    }
  }
}

void Server::ArmWakeTimer() {
  const std::optional<uint64_t> wake_ns = pipeline_.WakeNs();
  if (!wake_ns) return;
  // Never later than it is: under load a pass ends more often than the timer would fire.
  if (wake_at_ns_ != 0 && wake_at_ns_ <= *wake_ns) return;
  wake_at_ns_ = *wake_ns;
  const uint64_t now = env_.MonotonicNs();
  wake_.expires_after(std::chrono::nanoseconds(wake_at_ns_ - std::min(now, wake_at_ns_)));
  wake_.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled) return;
    wake_at_ns_ = 0;
    EndPassSoon();
  });
}

void Server::OnProgress() {
  progress_posted_ = false;
  if (const Status failure = keyspace_.store().failure(); !failure && exit_code_ == ExitCode::kOk) {
    if (!std::exchange(failure_logged_, true)) {
      LogWarning(Format("the store failed: {}", failure.error().message()));
    }
    if (config_.on_log_failure == config::OnLogFailure::kExit) {
      exit_code_ = ExitCode::kLogFailed;
      loop_.stop();
      return;
    }
  }
  pipeline_.OnProgress();
  EndPassSoon();
}

// --- time, signals, the end ---

void Server::ScheduleTick() {
  tick_.expires_after(std::chrono::milliseconds(1000 / pipeline::kTicksPerSecond));
  tick_.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled) return;
    pipeline_.Tick();
    EndPassSoon();
    ScheduleTick();
  });
}

void Server::WaitForSignal() {
  signals_.async_wait([this](const asio::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      ReopenLogFile();
      WaitForSignal();
      return;
    }
    // A second one means now. What was acknowledged is on the disk or, under everysec and no, with
    // the kernel, which outlives us.
    if (stopping_) {
      FlushLog();
      _exit(static_cast<int>(ExitCode::kOk));
    }
    BeginShutdown(signal == SIGINT ? "SIGINT" : "SIGTERM");
    WaitForSignal();
  });
}

void Server::ReopenLogFile() {
  if (const Status opened = SetLogFile(config_.logfile); !opened) {
    LogWarning(Format("SIGHUP: {}; the old log file is kept", opened.error().message()));
  } else {
    LogNotice("SIGHUP: the log file is open anew");
  }
}

void Server::BeginShutdown(const char* why) {
  if (stopping_) return;
  LogNotice(Format("{}: stopping", why));
  stopping_ = true;
  pipeline_.StopInput();
  stop_by_ns_ = env_.MonotonicNs() + kShutdownNs;
  asio::error_code ignored;
  for (Listener& listener : listeners_) listener.acceptor.close(ignored);
  EndPassSoon();
}

void Server::FinishShutdownIfQuiet() {
  const storage::Store& store = keyspace_.store();
  const auto quiet = [&] {
    // Of a store that failed nothing more becomes visible.
    return store.visible() == store.last_seq() || !store.failure();
  };
  if (quiet()) {
    // The last of it may have become visible since the replies of this pass were sent.
    pipeline_.OnProgress();
    pipeline_.EndPass();
    ServeDirty();
    if (quiet() && ClientsAreDone()) loop_.stop();
  }
  if (env_.MonotonicNs() > stop_by_ns_) loop_.stop();
}

bool Server::ClientsAreDone() {
  uint64_t left = 0;
  for (const auto& [id, connection] : connections_) {
    left += connection->UntakenBytes();
    const pipeline::Session* const session = pipeline_.Find(id);
    if (session == nullptr || session->close_now) continue;
    left += session->replies.unsent_bytes() + (session->reads_on() ? 1 : 0);
  }
  const uint64_t sent = pipeline_.stats().output_bytes;
  if (farewell_.IsOver(left, sent, env_.MonotonicNs())) return true;
  farewell_again_.expires_after(kFarewellLook);
  farewell_again_.async_wait([this](const asio::error_code& cancelled) {
    if (!cancelled) EndPassSoon();
  });
  return false;
}

ExitCode Server::Run() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.add(SIGHUP);
  WaitForSignal();
  AcceptHangup();
  ScheduleTick();
  loop_.run();
  return exit_code_;
}

}  // namespace cordwood::server
