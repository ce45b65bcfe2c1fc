#include "commands/sorted_sets/range_reads.h"

#include <algorithm>
#include <memory>

#include "commands/core/collection_read.h"
#include "commands/core/index_place.h"
#include "commands/core/sliced.h"
#include "keyspace/types/list_index.h"
#include "keyspace/types/sorted_reader.h"

namespace cordwood::commands::sorted_sets {
namespace {

using keyspace::OrderRange;
using keyspace::Record;
using keyspace::ScoredMember;
using keyspace::SortedReader;
using keyspace::Transaction;
using keyspace::Type;
using protocol::ReplyWriter;
using ReadDirection = SortedReader::Direction;

/// What a slice steps over at most, where nothing is replied.
constexpr uint64_t kSteppedAtOnce = 2048;

class RangeRead : public CollectionRead {
 public:
  RangeRead(const Call& call, const RangeRequest& request)
      : CollectionRead(call.argv[1], Type::kSortedSet), request_(request) {}

 protected:
  void ReplyMissing(ReplyWriter& reply) final { reply.ArrayHeader(0); }

  const RangeRequest& request() const { return request_; }
  ReadDirection direction() const {
    return request_.reversed ? ReadDirection::kBackwards : ReadDirection::kForwards;
  }
  uint64_t HeaderOf(const ReplyWriter& reply, uint64_t members) const {
    return request_.with_scores && !reply.resp3() ? 2 * members : members;
  }
  void ReplyMember(ReplyWriter& reply, const ScoredMember& member) const {
    if (request_.with_scores && reply.resp3()) reply.ArrayHeader(2);
    reply.Bulk(member.member);
    if (request_.with_scores) reply.Double(member.score);
  }
  /// A slice of replying up to `left` members of a stretch.
  Result<bool> ReplySlice(Transaction& tx, const Record& record, const OrderRange& range,
                          SlicedRead& walked, uint64_t& left, ReplyWriter& reply) const {
    const size_t start = reply.size();
    size_t slice = kSliceItems;
    const auto is_full = [&] { return slice-- == 0 || reply.size() - start >= kSliceBytes; };
    SortedReader reader(tx, generation(), record, range, direction(), walked.position());
    return walked.StepWith(reader, is_full, [&](const ScoredMember& member) {
      ReplyMember(reply, member);
      return --left > 0;
    });
  }

 private:
  const RangeRequest request_;
};

class IndexRangeRead final : public RangeRead {
 public:
  using RangeRead::RangeRead;

 private:
  void Begin(ReplyWriter& reply, uint64_t length) override {
    const Selection& selection = request().selection;
    const keyspace::IndexRange range = keyspace::RangeIn(length, selection.start, selection.stop);
    left_ = range.count;
    reply.ArrayHeader(HeaderOf(reply, left_));
    if (left_ == 0) return;
    place_.Seek(request().reversed ? length - range.first : range.first, length);
  }

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (left_ == 0) return true;
    CW_ASSIGN(const bool is_there, ApproachIndex(tx, name(), record, place_));
    if (!is_there) return false;
    CW_ASSIGN(const bool at_end,
              ReplySlice(tx, record, OrderRange(), place_.walked(), left_, reply));
    if (at_end && left_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  IndexPlace place_;
  uint64_t left_ = 0;
};

class StretchRangeRead final : public RangeRead {
 public:
  StretchRangeRead(const Call& call, const RangeRequest& request)
      : RangeRead(call, request),
        finder_(this->request().selection),
        to_skip_(request.offset < 0 ? UINT64_MAX : static_cast<uint64_t>(request.offset)),
        most_(request.limit < 0 ? UINT64_MAX : static_cast<uint64_t>(request.limit)) {}

 private:
  void Begin(ReplyWriter& /*reply*/, uint64_t /*length*/) override {}

  Result<bool> Continue(Transaction& tx, const Record& record, ReplyWriter& reply) override {
    if (most_ == 0 || to_skip_ == UINT64_MAX) {
      reply.ArrayHeader(0);
      return true;
    }
    CW_ASSIGN(const bool found, finder_.Find(tx, generation(), record));
    if (!found) return false;
    if (to_skip_ > 0) {
      CW_ASSIGN(const bool is_over, Skip(tx, record, reply));
      if (is_over || to_skip_ > 0) return is_over;
    }
    return is_counted_ ? ReplyCounted(tx, record, reply) : ReplyOrCount(tx, record, reply);
  }

  /// True: the stretch is over, and that was replied.
  Result<bool> Skip(Transaction& tx, const Record& record, ReplyWriter& reply) {
    CW_ASSIGN(const bool at_end, Step(tx, record, [&] { return --to_skip_ > 0; }));
    if (to_skip_ > 0) {
      if (at_end) reply.ArrayHeader(0);
      return at_end;
    }
    skipped_to_ = counting_.position();
    return false;
  }

  /// A slice over members that are not replied, while visit() answers true.
  template <typename Visit>
  Result<bool> Step(Transaction& tx, const Record& record, const Visit& visit) {
    uint64_t slice = kSteppedAtOnce;
    bool enough = false;
    const auto is_full = [&] { return enough || slice-- == 0; };
    SortedReader reader(tx, generation(), record, finder_.stretch(), direction(),
                        counting_.position());
    // Where it had enough is where another walk goes on.
    return counting_.StepWith(reader, is_full, [&](const ScoredMember&) {
      enough = !visit();
      return true;
    });
  }

  /// All, if the first slice holds it; else it is counted.
  Result<bool> ReplyOrCount(Transaction& tx, const Record& record, ReplyWriter& reply) {
    if (!is_first_) return Count(tx, record);
    const size_t start = reply.size();
    uint64_t left = most_;
    CW_ASSIGN(const bool done, ReplySlice(tx, record, finder_.stretch(), counting_, left, reply));
    count_ = most_ - left;
    is_first_ = false;
    if (done) {
      reply.InsertArrayHeader(start, HeaderOf(reply, count_));
      return true;
    }
    reply.Truncate(start);
    return false;
  }

  Result<bool> Count(Transaction& tx, const Record& record) {
    CW_ASSIGN(const bool at_end, Step(tx, record, [&] { return ++count_ < most_; }));
    is_counted_ = at_end || count_ == most_;
    return false;
  }

  Result<bool> ReplyCounted(Transaction& tx, const Record& record, ReplyWriter& reply) {
    if (!is_begun_) {
      reply.ArrayHeader(HeaderOf(reply, count_));
      walked_.StartAt(skipped_to_);
    }
    if (count_ == 0) return true;
    CW_ASSIGN(const bool at_end, ReplySlice(tx, record, finder_.stretch(), walked_, count_, reply));
    is_begun_ = true;
    if (at_end && count_ > 0) return std::unexpected(CountIsWrong());
    return at_end;
  }

  StretchFinder finder_;
  uint64_t to_skip_;
  const uint64_t most_;
  std::string skipped_to_;
  SlicedRead counting_;
  bool is_first_ = true;
  bool is_counted_ = false;
  bool is_begun_ = false;
  uint64_t count_ = 0;  // that were counted, then those that are to be replied
  SlicedRead walked_;
};

}  // namespace

Status ReplyRange(Call& call, const RangeRequest& request) {
  return RunSliced(call, WhenCold::kRunAgain, [&]() -> std::unique_ptr<LongRead> {
    if (request.selection.by == By::kIndex) {
      return std::make_unique<IndexRangeRead>(call, request);
    }
    return std::make_unique<StretchRangeRead>(call, request);
  });
}

}  // namespace cordwood::commands::sorted_sets
