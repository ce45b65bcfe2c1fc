#include "tests/commands/redis_server.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace cordwood::commands {
namespace {

constexpr const char* kProgram = "/usr/bin/redis-server";
constexpr int kStartMs = 20'000;
constexpr int kReplyMs = 20'000;

/// Appends what can be read within the time; false at the end or when the time is over.
bool ReadSome(int descriptor, int timeout_ms, std::string& out) {
  pollfd waiting = {.fd = descriptor, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  char bytes[1 << 16];
  const ssize_t got = ::read(descriptor, bytes, sizeof bytes);
  if (got <= 0) return false;
  out.append(bytes, static_cast<size_t>(got));
  return true;
}

std::string Encode(const std::vector<std::string>& command) {
  std::string out = Format("*{}\r\n", command.size());
  for (const std::string& argument : command) {
    out += Format("${}\r\n", argument.size());
    out += argument;
    out += "\r\n";
  }
  return out;
}

}  // namespace

bool RedisServer::Installed() { return ::access(kProgram, X_OK) == 0; }

RedisServer::RedisServer() {
  Start();
  connection_ = Connect();
}

RedisServer::~RedisServer() {
  ::close(output_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RedisServer::Start() {
  int pipe_ends[2];
  CHECK(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  const std::string socket_path = dir_ / "redis.sock";
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // gone with the test, however that ends
    if (::getppid() != parent) ::_exit(1);
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::execl(kProgram, kProgram, "--port", "0", "--unixsocket", socket_path.c_str(), "--save", "",
            "--appendonly", "no", "--dir", dir_.path().c_str(), "--daemonize", "no",
            "--enable-debug-command", "yes", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  output_ = pipe_ends[0];
  AwaitReady(output_);
}

void RedisServer::AwaitReady(int output) {
  std::string log;
  while (log.find("ready to accept connections at") == std::string::npos &&
         log.find("The server is now ready") == std::string::npos) {
    CHECK(ReadSome(output, kStartMs, log));
  }
}

std::unique_ptr<RedisConnection> RedisServer::Connect() const {
  return std::make_unique<RedisConnection>(dir_ / "redis.sock");
}

RedisConnection::RedisConnection(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  CHECK(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(socket_ >= 0);
  CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RedisConnection::~RedisConnection() { ::close(socket_); }

std::optional<std::string> RedisConnection::Take() {
  const auto value = reader_.Next();
  CHECK(value.has_value());
  if (!*value) return std::nullopt;
  const size_t end = bytes_.size() - reader_.buffered_bytes();
  std::string reply = bytes_.substr(0, end);
  bytes_.erase(0, end);
  return reply;
}

std::string RedisConnection::Next() {
  while (true) {
    if (std::optional<std::string> reply = Take()) return *std::move(reply);
    const size_t before = bytes_.size();
    if (!ReadSome(socket_, kReplyMs, bytes_)) return {};
    reader_.Feed(std::string_view(bytes_).substr(before));
  }
}

std::vector<std::string> RedisConnection::Run(
    const std::vector<std::vector<std::string>>& commands) {
  std::string request;
  for (const auto& command : commands) request += Encode(command);
  size_t sent = 0;
  std::vector<std::string> replies;
  while (replies.size() < commands.size()) {
    if (sent < request.size()) {
      const ssize_t done = ::send(socket_, request.data() + sent, request.size() - sent,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
      if (done > 0) sent += static_cast<size_t>(done);
    }
    const size_t before = bytes_.size();
    if (!ReadSome(socket_, sent < request.size() ? 1 : kReplyMs, bytes_)) {
      if (sent < request.size()) continue;
      break;
    }
    reader_.Feed(std::string_view(bytes_).substr(before));
    while (std::optional<std::string> reply = Take()) replies.push_back(*std::move(reply));
  }
  return replies;
}

std::string RedisConnection::Run(const std::vector<std::string>& command) {
  const std::vector<std::string> replies = Run(std::vector<std::vector<std::string>>{command});
  return replies.empty() ? std::string() : replies.front();
}

}  // namespace cordwood::commands
