#include "storage/log/note_file.h"

#include <span>
#include <utility>

#include "base/format.h"
#include "storage/file_names.h"

namespace cordwood::storage {
namespace {

Status WriteSlot(File& file, const LogNote& note) {
  std::string slot(kNoteSlotBytes, '\0');
  EncodeNoteSlot(note, slot);
  return file.WriteAt(NoteSlotOffset(note.counter), slot);
}

/// Both slots, with the counters after note.counter, which becomes the larger one.
Status WriteBoth(File& file, LogNote& note) {
  for (int slot = 0; slot < 2; ++slot) {
    ++note.counter;
    CW_TRY(WriteSlot(file, note));
  }
  return file.Sync();
}

std::unexpected<Error> NoNote(const std::string& path, const Error& error) {
  const bool is_missing = error.code() == ErrorCode::kNotFound;
  if (!is_missing && error.code() != ErrorCode::kCorruption) return std::unexpected(error);
  return Fail(ErrorCode::kCorruption,
              Format("{}. It tells where the log ends, without which lost records would go "
                     "unnoticed; restore it, or the whole store from a backup, or do without it "
                     "(cordwood repair)",
                     is_missing ? path + ": missing" : error.message()));
}

}  // namespace

Result<LogNote> ReadNote(Env& env, const std::string& dir, uint64_t store_id) {
  const std::string path = NotePath(dir);
  Result<std::unique_ptr<File>> file = env.Open(path, OpenMode::kRead);
  if (!file) return NoNote(path, file.error());
  std::string bytes(kNoteBytes, '\0');
  CW_ASSIGN(const size_t got, (*file)->ReadAt(0, std::span<char>(bytes)));
  bytes.resize(got);
  return DecodeNote(bytes, store_id, path);
}

Result<NoteFile> NoteFile::Replace(Env& env, const std::string& dir, LogNote note) {
  const std::string path = NotePath(dir);
  const std::string temporary = TemporaryPath(path);
  CW_ASSIGN(const bool left_over, env.Exists(temporary));
  if (left_over) CW_TRY(env.Remove(temporary));
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(temporary, OpenMode::kCreate));
  if (const Status written = WriteBoth(*file, note); !written) {
    file.reset();
    IgnoreError(env.Remove(temporary), "the first error tells more; the next start removes it");
    return std::unexpected(written.error());
  }
  CW_TRY(env.Rename(temporary, path));
  // Whatever the reason, the new file may be the one that counts, and is not known to stay.
  if (const Status synced = env.SyncDir(dir); !synced) {
    return Fail(ErrorCode::kIo, synced.error().message());
  }
  return NoteFile(std::move(file), note);
}

Result<NoteFile> NoteFile::Renew(Env& env, const std::string& dir, const LogNote& note) {
  Result<NoteFile> replaced = Replace(env, dir, note);
  if (!IsShortage(replaced)) return replaced;
  CW_ASSIGN(std::unique_ptr<File> file, env.Open(NotePath(dir), OpenMode::kReadWrite));
  NoteFile kept(std::move(file), note);
  CW_TRY(kept.Write(note));
  return kept;
}

Status NoteFile::Write(LogNote note) {
  note.store_id = last_.store_id;
  note.counter = last_.counter + 1;
  CW_TRY(WriteSlot(*file_, note));
  CW_TRY(file_->Sync());
  last_ = note;
  return {};
}

}  // namespace cordwood::storage
