#pragma once

// A read that goes on in slices, at a state that is held still, behind other connections.
//
// Made by a handler, then owned by the session. Threads: the call's.

#include "base/error.h"
#include "keyspace/core/keys.h"
#include "keyspace/core/transaction.h"
#include "protocol/reply_writer.h"

namespace cordwood::commands {

class LongRead {
 public:
  virtual ~LongRead() = default;
  /// What the client's database means at that state. Called before the first Step.
  void FixGeneration(keyspace::Generation generation) { generation_ = generation; }
  /// Works for about a millisecond, appending to the reply. True when the reply is complete. On
  /// kCold it is called again once the blocks are there, with the reply cut back.
  virtual Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) = 0;

 protected:
  keyspace::Generation generation() const { return generation_; }

 private:
  keyspace::Generation generation_ = 0;
};

}  // namespace cordwood::commands
