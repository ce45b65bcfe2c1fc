#pragma once

// The file NOTE: read at a start, replaced as a whole by it, and then written to slot by slot
// (docs/STORAGE_FORMAT.md, "The note").
//
// Threads: one at a time; NoteKeeper sees to it.

#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "storage/log/note.h"

namespace cordwood::storage {

/// kCorruption, naming the file, if it is missing, no regular file, damaged or another store's.
Result<LogNote> ReadNote(Env& env, const std::string& dir, uint64_t store_id);

class NoteFile {
 public:
  /// Makes the file, with `note` in both slots, under a temporary name and gives it its own; all of
  /// it is on stable storage when this returns. Counters go on from note.counter, which is that of
  /// the note before. After an error the file is the one before or the new one, whole.
  static Result<NoteFile> Replace(Env& env, const std::string& dir, LogNote note);

  /// The same where there is space for it; where there is none, the older slot of the file that is
  /// there is written over.
  static Result<NoteFile> Renew(Env& env, const std::string& dir, const LogNote& note);

  /// Writes over the older slot and syncs it. Gives `note` the next counter, and the store's id.
  /// kNoSpace leaves the newer slot as it is, and the next call writes the same one again. Any
  /// other error is final: the caller writes and syncs nothing any more.
  Status Write(LogNote note);

  /// What was written last.
  const LogNote& last() const { return last_; }

 private:
  NoteFile(std::unique_ptr<File> file, const LogNote& last) : file_(std::move(file)), last_(last) {}

  std::unique_ptr<File> file_;
  LogNote last_;
};

}  // namespace cordwood::storage
