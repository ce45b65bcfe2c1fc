#pragma once

// What long writes have read, and whether it still holds: they work on while others commit, and may
// be committed themselves only if nothing that they read was changed.
//
// One that is overtaken again and again locks its keys: then those who would write them wait.
//
// Ownership: refers to the keyspace. Threads: the loop's.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "keyspace/core/key_change.h"
#include "keyspace/core/keyspace.h"
#include "keyspace/core/read_guard.h"

namespace cordwood::pipeline {

class ReadGuards {
 public:
  explicit ReadGuards(keyspace::Keyspace& keyspace) : keyspace_(keyspace) {}
  ReadGuards(const ReadGuards&) = delete;
  ReadGuards& operator=(const ReadGuards&) = delete;

  /// One long write's.
  class Guard final : public keyspace::ReadGuard {
   public:
    explicit Guard(ReadGuards& guards);
    ~Guard() override;
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    void NoteRead(keyspace::Generation generation, std::string_view key) override;
    void NoteExpiry(int64_t expiry_ms) override;

    /// Something that was read was changed since, or has expired by `now_ms`, or a database number
    /// means something else.
    bool IsOvertaken(int64_t now_ms) const;
    /// Nothing was read; what is locked stays locked.
    void StartOver();
    /// What was read so far is locked until the guard is gone.
    void Lock();
    bool locks() const { return !locked_.empty(); }

   private:
    friend class ReadGuards;
    void Mark(const keyspace::KeyChange& change);

    ReadGuards& guards_;
    std::set<std::pair<keyspace::Generation, std::string>> read_;
    std::set<std::string, std::less<>> locked_;
    int64_t first_expiry_ms_ = INT64_MAX;
    uint64_t databases_changed_;
    bool overtaken_ = false;
  };

  /// They are committed.
  void Mark(const std::vector<keyspace::KeyChange>& changes);
  /// Somebody has read it.
  bool IsRead(keyspace::Generation generation, std::string_view key) const;
  /// Somebody has locked keys.
  bool has_locks() const { return locking_ != 0; }
  /// In whatever database.
  bool IsLocked(std::string_view key) const;

 private:
  keyspace::Keyspace& keyspace_;
  std::set<Guard*> guards_;
  size_t locking_ = 0;  // of them
};

}  // namespace cordwood::pipeline
