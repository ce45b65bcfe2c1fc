#pragma once

// The lines of the log on their way to a descriptor. A thread writes them, so that whoever has
// something to say never waits for a pipe that nobody reads or for a disk that hangs. What comes
// while too much waits is dropped, and a line says how many when there is room again. What cannot
// be written (the disk is full, the pipe is closed) is dropped, too.
//
// Only base/log.cc includes this. Threads: any.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/mutex.h"
#include "base/posix_file.h"

namespace cordwood {

/// Where log lines go, appended; made if need be.
Result<FileDescriptor> OpenLogFile(const std::string& path);
/// Standard output, by a descriptor of its own.
Result<FileDescriptor> OpenStandardOutput();

class PosixLog {
 public:
  struct Options {
    size_t waiting_bytes_max = 1 << 20;
    /// The line that says how many were dropped.
    std::function<std::string(uint64_t)> dropped_line;
  };

  explicit PosixLog(Options options) : options_(std::move(options)) {}
  PosixLog(const PosixLog&) = delete;
  PosixLog& operator=(const PosixLog&) = delete;
  /// Waits until everything is written.
  ~PosixLog();

  /// Takes a line with its end. Waits for nobody.
  void Write(std::string line);
  /// What is written from now on goes there. Before the first, nothing is written.
  void SwitchTo(FileDescriptor target);
  /// Waits until what was taken so far is written, `ms` milliseconds at most. False: it is not.
  bool Flush(uint64_t ms);

 private:
  /// A line, or a switch.
  struct Item {
    std::string line;
    std::optional<FileDescriptor> target;
  };

  void Put(Item item);
  void Run();
  void WriteAll(std::deque<Item> items, uint64_t dropped);

  const Options options_;
  std::optional<FileDescriptor> target_;  // the thread's
  uint64_t lost_ = 0;                     // the thread's: lines that could not be written

  Mutex mutex_;
  CondVar changed_;
  std::deque<Item> waiting_ GUARDED_BY(mutex_);
  size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ GUARDED_BY(mutex_) = 0;  // behind those that wait
  bool writing_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);  // from the first line on
};

}  // namespace cordwood
