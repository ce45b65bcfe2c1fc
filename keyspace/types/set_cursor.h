#pragma once

// Goes through the members of a set, or of a sorted set, in the order of their hashes, whatever its
// form: so that two sets can be gone through side by side. A member is shown as the subkey of its
// element, a hash and the name; subkeys compare as elements do.
//
// It lasts for many transactions at one state. In between it rests, and knows where it was.
//
// Threads: one at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "keyspace/core/record.h"
#include "keyspace/core/transaction.h"
#include "keyspace/types/inline_items.h"
#include "keyspace/types/ordered_elements.h"

namespace cordwood::keyspace {

class SetCursor {
 public:
  /// What a member of a set counts among those of sorted sets.
  static constexpr double kScoreInSet = 1;

  /// At the first member. REQUIRES: the record is a set's or a sorted set's, of a key of
  /// `generation`.
  static Result<SetCursor> Of(Generation generation, const Record& record);
  SetCursor(SetCursor&& other) noexcept;
  SetCursor& operator=(SetCursor&& other) noexcept;
  ~SetCursor();

  uint64_t count() const { return count_; }

  /// Finds the member that it is at; false behind the last one. kCold, kPaused: it is called again,
  /// and goes on where it got to. Before every look, after every move.
  Result<bool> Settle(Transaction& tx);
  /// REQUIRES: Settle said true.
  std::string_view subkey() const { return at_; }
  void Next();
  /// Whether the set has the member. Subkeys never descend; it is then at this one, or behind it.
  Result<bool> MoveTo(Transaction& tx, std::string_view subkey);
  /// The same without a move, for any subkey.
  Result<bool> Has(Transaction& tx, std::string_view subkey);
  /// Of the member that was found last. REQUIRES: Settle, MoveTo or Has said true.
  double score() const { return score_; }

  /// Lets go of the transaction. REQUIRES: before another one comes.
  void Rest();
  /// Is at the first member again.
  void Rewind();

 private:
  struct InlineMember {
    std::string subkey;
    double score = 0;
  };

  SetCursor();
  Result<double> ScoreOf(const Item& item) const;
  void SeekTo(std::string_view subkey);
  void Open(Transaction& tx);
  Result<bool> SettleInline();

  /// A walk, while it does not rest.
  struct Walking;
  enum class Move : uint8_t { kNone, kNext, kSeek };

  Type type_ = Type::kSet;
  uint64_t count_ = 0;
  Generation generation_ = 0;
  Oid oid_ = 0;                       // of a set in elements
  std::vector<InlineMember> inline_;  // of another, in order
  bool is_inline_ = false;
  Move move_ = Move::kSeek;  // what Settle has to do
  std::string at_;           // where it is, or nothing lies before where it will be
  bool at_end_ = false;
  double score_ = 0;
  std::unique_ptr<Walking> walking_;
};

}  // namespace cordwood::keyspace
