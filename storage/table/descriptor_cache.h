#pragma once

// Open table files, a bounded number of them: the one that was used least recently is closed for
// another. What tables keep in memory does not go with it.
//
// Where the system has no descriptor left, half of them are closed and the call is made again:
// others (connections, log segments) have taken what this cache could have had. It makes do with
// fewer from then on, and tries a few more as it opens files.
//
// Owned by a store; outlives its tables. Threads: any. Its lock is not held while files are opened
// and closed.

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/env.h"
#include "base/error.h"
#include "base/mutex.h"

namespace cordwood::storage {

class DescriptorCache {
 public:
  /// Keeps at most `most` files open that nobody is reading, at least one.
  DescriptorCache(Env& env, std::string dir, size_t most);

  /// The file of table `number`. It stays open for whoever has it, also when it has left here.
  Result<std::shared_ptr<File>> Open(uint64_t number);
  /// Lets go of the file, which is about to be removed.
  void Forget(uint64_t number);

  struct Stats {
    uint64_t open = 0;
    uint64_t most = 0;
    uint64_t opens = 0;  // calls of the environment
  };
  Stats stats() const;

 private:
  struct Entry {
    uint64_t number = 0;
    std::shared_ptr<File> file;
  };
  using Entries = std::list<Entry>;

  std::shared_ptr<File> Find(uint64_t number);
  /// Keeps `file`, or the one that came meanwhile.
  std::shared_ptr<File> Insert(uint64_t number, std::shared_ptr<File> file);
  /// Moves those used least recently beyond `count` to `closed`.
  void Shrink(size_t count, Entries& closed) REQUIRES(mutex_);
  /// Closes one half, and keeps no more; false if there was nothing to close.
  bool MakeRoom();

  Env& env_;
  const std::string dir_;
  const size_t limit_;
  mutable Mutex mutex_;
  size_t most_ GUARDED_BY(mutex_);      // at most limit_
  Entries entries_ GUARDED_BY(mutex_);  // the one used last in front
  std::unordered_map<uint64_t, Entries::iterator> by_number_ GUARDED_BY(mutex_);
  uint64_t opens_ GUARDED_BY(mutex_) = 0;
};

}  // namespace cordwood::storage
