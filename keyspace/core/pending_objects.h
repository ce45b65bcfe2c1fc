#pragma once

// Objects that are built over many batches before a key gets them (docs/KEY_ENCODING.md, "Large
// results"). The first batch of one puts a record that names it, and the batch that gives it to a
// key deletes that record. One that gets no key is dropped with all that was written of it; a start
// finds it by its record.
//
// Owned by the keyspace. Threads: the executor's.

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "keyspace/core/key_codec.h"
#include "storage/reader.h"
#include "storage/store.h"

namespace cordwood::keyspace {

struct PendingObject {
  Generation generation = 0;
  Oid oid = 0;

  /// Of the record that names it.
  std::string RecordKey() const;
  friend bool operator==(const PendingObject&, const PendingObject&) = default;
};

class PendingObjects {
 public:
  /// Finds those that a process left behind. What cannot be read is left to a later start: it costs
  /// space and nothing else. REQUIRES: nothing was committed yet, and the view reads files.
  void Load(storage::View& view);

  /// No key will get it.
  void GiveUp(const PendingObject& object) { given_up_.push_back(object); }
  bool has_given_up() const { return !given_up_.empty(); }
  size_t given_up() const { return given_up_.size(); }
  /// Drops them, as far as the store lets it in; the others are left for the next call. REQUIRES:
  /// no transaction has numbers that were not spent.
  void DropGivenUp(storage::Store& store);

 private:
  std::vector<PendingObject> given_up_;
};

}  // namespace cordwood::keyspace
