#pragma once

// The reply of GEOSEARCH, GEORADIUS and their like.
//
// Owned by the call, then by the session. Threads: the call's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/core/long_read.h"
#include "commands/core/sorted_passes.h"
#include "commands/geo/search.h"
#include "commands/geo/search_request.h"

namespace cordwood::commands::geo {

class SearchRead final : public LongRead {
 public:
  SearchRead(std::string_view key, SearchRequest request)
      : key_(key), request_(std::move(request)), passes_(PassesOf(request_)) {}

  using Passes = SortedPasses<RankedMember, ByRank>;
  /// For the members that are asked for, in their order.
  static Passes PassesOf(const SearchRequest& request);
  /// Goes on with a pass, for a slice. True once it has met all that it has to meet.
  static Result<bool> Collect(keyspace::Transaction& tx, keyspace::Generation generation,
                              const SearchRequest& request, Search& search, Passes& passes,
                              uint64_t& found);

  Result<bool> Step(keyspace::Transaction& tx, protocol::ReplyWriter& reply) override;

 private:
  /// After the first pass; the header is replied with it.
  void BeginReply(protocol::ReplyWriter& reply);
  Result<bool> Continue(keyspace::Transaction& tx, protocol::ReplyWriter& reply);
  Result<bool> Open(keyspace::Transaction& tx, protocol::ReplyWriter& reply);
  Result<bool> ReplyInOrder(protocol::ReplyWriter& reply);
  Result<bool> ReplyAsFound(keyspace::Transaction& tx, protocol::ReplyWriter& reply);
  void ReplyMember(const FoundMember& found, protocol::ReplyWriter& reply) const;

  const std::string key_;
  const SearchRequest request_;
  bool exists_ = false;
  std::optional<Search> search_;  // from the first slice on
  Passes passes_;
  bool is_first_pass_ = true;
  uint64_t found_ = 0;     // in this pass
  bool met_all_ = false;   // this pass
  size_t replied_ = 0;     // of it
  bool as_found_ = false;  // too many to be kept, and in no order: they are met once more
};

/// Of the key that the command names first.
Status ReplySearch(Call& call, const SearchSyntax& syntax);

}  // namespace cordwood::commands::geo
