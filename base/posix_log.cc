#include "base/posix_log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>
#include <utility>

namespace cordwood {
namespace {

/// False: not all of it could be written.
bool WriteText(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = Uninterrupted([&] { return ::write(fd, text.data(), text.size()); });
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return false;
    // Somebody who shares a pipe or terminal with us does not want to wait for it. We can.
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    Uninterrupted([&] { return ::poll(&ready, 1, -1); });
  }
  return true;
}

}  // namespace

Result<FileDescriptor> OpenLogFile(const std::string& path) {
  return OpenDescriptor({.path = path, .name = path}, O_WRONLY | O_APPEND | O_CREAT);
}

Result<FileDescriptor> OpenStandardOutput() {
  const int fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return PosixFail("open", "standard output", errno);
  return FileDescriptor(fd);
}

PosixLog::~PosixLog() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void PosixLog::Write(std::string line) { Put({.line = std::move(line), .target = std::nullopt}); }

void PosixLog::SwitchTo(FileDescriptor target) { Put({.line = "", .target = std::move(target)}); }

void PosixLog::Put(Item item) {
  const MutexLock lock(mutex_);
  const bool full = waiting_bytes_ + item.line.size() > options_.waiting_bytes_max;
  // Behind a dropped line nothing is taken before the thread has noted it: one place, one number.
  if (!item.target && (full || dropped_ > 0)) {
    ++dropped_;
    return;
  }
  // A process that says nothing has no thread for it.
  if (!item.target && !thread_.joinable()) thread_ = std::thread([this] { Run(); });
  waiting_bytes_ += item.line.size();
  waiting_.push_back(std::move(item));
  changed_.NotifyAll();
}

bool PosixLog::Flush(uint64_t ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  const MutexLock lock(mutex_);
  while (thread_.joinable() && (!waiting_.empty() || writing_)) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

void PosixLog::Run() {
  // Signals are for the threads that wait for them.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "cw-logfile");
  MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && waiting_.empty()) changed_.Wait(mutex_);
    if (waiting_.empty()) return;
    std::deque<Item> items = std::exchange(waiting_, {});
    const uint64_t dropped = std::exchange(dropped_, 0);
    waiting_bytes_ = 0;
    writing_ = true;
    lock.Unlock();
    WriteAll(std::move(items), dropped);
    lock.Lock();
    writing_ = false;
    changed_.NotifyAll();
  }
}

void PosixLog::WriteAll(std::deque<Item> items, uint64_t dropped) {
  std::string text;
  uint64_t lines = 0;
  const auto write = [&] {
    if (text.empty()) return;
    const bool written = target_ && WriteText(target_->get(), text);
    lost_ = written ? 0 : lost_ + lines;
    lines = 0;
    text.clear();
  };
  for (Item& item : items) {
    if (item.target) {
      write();
      target_.reset();
      target_.emplace(*std::move(item.target));
      continue;
    }
    if (text.empty() && lost_ > 0) text += options_.dropped_line(lost_);
    text += item.line;
    ++lines;
  }
  if (dropped > 0) {
    text += options_.dropped_line(dropped);
    lines += dropped;
  }
  write();
}

}  // namespace cordwood
