#include "server/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <asio/buffer.hpp>
#include <chrono>

#include "server/server.h"

namespace cordwood::server {
namespace {

// One turn reads at most this much, so that one connection cannot keep the loop to itself.
constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kReadBytesMin = 16 << 10;
// Of what a client has sent to a server that stops.
constexpr size_t kDiscardedAtTheEnd = 1 << 20;
// Sent to one connection before others have their turn.
constexpr size_t kFlushedAtOnce = 1 << 20;
// How long a peer may go on sending after an error that ended its connection.
constexpr auto kLinger = std::chrono::seconds(5);

}  // namespace

bool Connection::Service() {
  pipeline::Pipeline& pipeline = server_.pipeline();
  if (!open_ || !Flush()) return false;
  if (pipeline.ShouldClose(session_)) {
    if (!pipeline.ShouldLinger(session_)) return false;
    Linger();
    return true;
  }
  if (pipeline.WantsInput(session_)) WaitToRead();
  return true;
}

void Connection::Shut() {
  if (!open_) return;
  open_ = false;
  linger_end_.reset();
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

void Connection::ShutGently() {
  if (!open_) return;
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  std::array<char, kReadBytesMin> scrap;
  for (size_t discarded = 0; discarded < kDiscardedAtTheEnd;) {
    const Received received = Receive(scrap);
    if (received.kind != Received::Kind::kBytes) break;
    discarded += received.size;
  }
  Shut();
}

pipeline::SocketState Connection::state() {
  return {.descriptor = open_ ? socket_.native_handle() : -1, .awaits_room = waiting_to_write_};
}

size_t Connection::UntakenBytes() {
  int bytes = 0;
  if (!open_ || ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return 0;
  return static_cast<size_t>(bytes);
}

bool Connection::Flush() {
  pipeline::Pipeline& pipeline = server_.pipeline();
  for (size_t flushed = 0;;) {
    const std::string_view ready = pipeline.ReadyOutput(session_);
    if (ready.empty()) return true;
    if (flushed >= kFlushedAtOnce) {
      WaitToWrite();  // others first: the peer may read as fast as it is sent to
      return true;
    }
    asio::error_code error;
    const size_t sent = socket_.write_some(asio::buffer(ready.data(), ready.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      WaitToWrite();
      return true;
    }
    if (error) return false;
    pipeline.Sent(session_, sent);
    flushed += sent;
  }
}

void Connection::WaitToWrite() {
  if (waiting_to_write_) return;
  waiting_to_write_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->waiting_to_write_ = false;
                       if (error || !self->open_) return;
                       self->server_.ServiceSoon(self->session_);
                     });
}

void Connection::WaitToRead() {
  if (waiting_to_read_) return;
  waiting_to_read_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const asio::error_code& error) {
                       self->waiting_to_read_ = false;
                       if (error || !self->open_) return;
                       self->OnReadable();
                     });
}

Connection::Received Connection::Receive(std::span<char> room) {
  asio::error_code error;
  const size_t size = socket_.read_some(asio::buffer(room.data(), room.size()), error);
  if (error == asio::error::would_block || error == asio::error::try_again) {
    return {.kind = Received::Kind::kNoneNow};
  }
  if (error == asio::error::eof) return {.kind = Received::Kind::kEnd};
  if (error) return {.kind = Received::Kind::kGone};
  return {.kind = Received::Kind::kBytes, .size = size};
}

void Connection::OnReadable() {
  if (linger_end_) {
    Discard();
    return;
  }
  pipeline::Pipeline& pipeline = server_.pipeline();
  if (!pipeline.WantsInput(session_)) return;  // it is asked again when the session goes on
  size_t total = 0;
  while (total < kReadBytes && pipeline.WantsInput(session_)) {
    const std::span<char> room = pipeline.InputSpan(session_, kReadBytesMin);
    const Received received = Receive(room);
    if (received.kind == Received::Kind::kGone) {
      server_.Drop(session_);
      return;
    }
    if (received.kind == Received::Kind::kEnd) pipeline.InputEnded(session_);
    if (received.kind != Received::Kind::kBytes) break;
    total += received.size;
    pipeline.Received(session_, received.size);
    if (received.size < room.size()) break;
  }
  server_.ServiceSoon(session_);
}

// --- the end ---

void Connection::Linger() {
  if (linger_end_) return;
  asio::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  linger_end_.emplace(socket_.get_executor(), kLinger);
  linger_end_->async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled && self->open_) self->server_.Drop(self->session_);
  });
  WaitToRead();
}

void Connection::Discard() {
  std::array<char, kReadBytesMin> scrap{};
  for (size_t discarded = 0; discarded < kReadBytes;) {
    const Received received = Receive(scrap);
    if (received.kind == Received::Kind::kEnd || received.kind == Received::Kind::kGone) {
      server_.Drop(session_);
      return;
    }
    if (received.kind == Received::Kind::kNoneNow) break;
    discarded += received.size;
  }
  WaitToRead();
}

}  // namespace cordwood::server
