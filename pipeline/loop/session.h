#pragma once

// One connection: its parser, what commands know of it, its replies, and what it waits for. Plain
// state; pipeline/pipeline.h drives it.
//
// A session runs one command at a time (rule O1). While it is held, its next command has not run
// and nothing is read from it; the command's arguments stay in the parser's buffer.
//
// Threads: the loop's.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "commands/core/client.h"
#include "commands/core/long_read.h"
#include "pipeline/loop/reply_queue.h"
#include "pipeline/loop/waiting.h"
#include "pipeline/tables/read_guards.h"
#include "protocol/reply_writer.h"
#include "protocol/request_parser.h"
#include "storage/reader.h"
#include "storage/store.h"

namespace cordwood::commands {
struct Command;
}

namespace cordwood::pipeline {

class OwnRun;

using SessionId = uint64_t;

/// Why the next command of a session does not run.
enum class Hold : uint8_t {
  kNone,
  kAdmission,   // a write waits for the log, the memtables or its share of bandwidth
  kExecutor,    // it waits for a write that owns the executor, or has locked its keys
  kOwnRun,      // its command goes on in turns, on a stack of its own
  kBlocks,      // it waits for blocks to be read
  kVisibility,  // a long read waits until what the connection did is visible
  kLongRead,    // a long read goes on in slices
  kBlocked,     // its command waits for others to write, or for the log (rule B1)
  kPaused,      // CLIENT PAUSE holds its command, which has not begun
  kGuessing,    // its passwords were wrong too often: it waits before the next
};

struct Session {
  Session(SessionId session_id, const protocol::Limits& limits);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const { return client.id; }
  bool held() const { return hold != Hold::kNone; }
  void DropFetched() {
    if (fetches == 0) return;
    fetched = {};
    pinned_bytes = 0;
    fetches = 0;
  }
  protocol::RespVersion resp_version() const {
    return client.protocol == 3 ? protocol::RespVersion::kResp3 : protocol::RespVersion::kResp2;
  }
  /// Of the command that runs or is held.
  std::span<const std::string_view> argv() const {
    return waiting != nullptr ? std::span(waiting->argv) : parser.argv();
  }
  /// Part of a reply was, or may have been, sent; or the reply is to tell what others may already
  /// have changed, and the client is told of that.
  bool is_within_reply() const {
    return (long_read != nullptr && partly_replied) || (snapshot != nullptr && client.tracking.on);
  }
  /// What it is still to be sent.
  uint64_t unsent_bytes() const { return replies.unsent_bytes() + held_pushes.size(); }
  /// The arguments of its command lie in the parser's buffer, and are still needed.
  bool keeps_arguments() const { return (held() && waiting == nullptr) || starts_again; }
  /// A reply is complete: that of the next command may be sent again.
  void NoteReplied() {
    using commands::Replies;
    if (client.replies < Replies::kSkipNext) return;
    client.replies = client.replies == Replies::kSkipNext ? Replies::kSkip : Replies::kSent;
  }
  bool closing() const { return close_now || client.close_after_reply; }
  /// What it holds on the heap and grows with what the peer does.
  uint64_t memory_bytes() const;
  /// It reads on at a snapshot, whatever becomes of writes.
  bool reads_on() const;

  commands::Client client;
  protocol::RequestParser parser;
  ReplyQueue replies;
  /// The newest seq that a reply of this connection depends on.
  storage::Seq dep = 0;

  Hold hold = Hold::kNone;
  storage::HeldWrite held_write;                     // a write that was not let in at once
  const commands::Command* command = nullptr;        // running or held
  std::optional<commands::ClientState> before_exec;  // of the client; nothing: no EXEC runs
  uint32_t run_flags = 0;                 // its own, or those of the queue that EXEC runs
  std::vector<storage::BlockRef> wanted;  // blocks whose fetch waits in line
  storage::Store::FetchedBlocks fetched;  // keeps them in the cache until the command is done
  uint32_t fetches = 0;                   // for the command, or for the slice of a long read
  uint64_t cold_since_ns = 0;             // it waits for blocks; 0: it does not, or nobody asks
  int reruns = 0;                         // of it, that may go on for ever
  std::unique_ptr<commands::LongRead> long_read;
  std::unique_ptr<storage::Snapshot> snapshot;  // of the long read, or of a read's own run
  uint64_t snapshot_ns = 0;                     // when it was taken
  int64_t long_read_now_ms = 0;
  Status fetch_status;                       // how the last fetch ended
  std::unique_ptr<ReadGuards::Guard> guard;  // of a long write
  uint32_t overtaken = 0;                    // so often the long write began anew
  std::unique_ptr<OwnRun> own_run;           // refers to the snapshot, and the guard
  bool partly_replied = false;               // part of the long read's reply may have been sent
  uint64_t stalled_since_ns = 0;  // the long read waits for its reader, who took nothing since

  std::string held_pushes;          // until the long read's reply is complete
  uint64_t over_soft_since_ns = 0;  // more is unsent than the soft limit allows

  uint64_t received_ns = 0;          // when the command was, if it may wait
  std::unique_ptr<Waiting> waiting;  // null: it does not wait, or has only just begun

  bool starts_again = false;   // its command was held by CLIENT PAUSE, and is to begin now
  uint64_t failed_logins = 0;  // that it waited for, or need not
  uint64_t hold_until_ns = 0;  // while kGuessing

  bool runs_command = false;         // from when it is taken from the parser until it is replied to
  uint64_t took_ns = 0;              // the loop's work for it in its turns before this one
  uint64_t reply_begins = 0;         // where its reply does: ReplyQueue::appended() of then
  uint64_t received_bytes = 0;       // since the connection was made
  uint64_t sent_bytes = 0;           // the same
  uint64_t commands = 0;             // that were run
  uint64_t pinned_bytes = 0;         // of blocks that are fetched, or on their way
  uint64_t held_bytes = 0;           // as it was last accounted
  uint64_t held_block_bytes = 0;     // of them
  bool full = false;                 // stopped because too much was unsent
  bool queued = false;               // listed among those who go on in turns
  bool waiting_for_release = false;  // listed among those whose replies wait
  bool dirty = false;                // listed among those the transport must look at
  bool input_ended = false;          // the peer has sent all it will
  bool close_now = false;            // close without sending what is left
  bool linger = false;               // the peer may still be writing when the last reply is sent
};

}  // namespace cordwood::pipeline
