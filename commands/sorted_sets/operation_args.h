#pragma once

// What ZUNION, ZINTER, ZDIFF and their like are asked for. What is wrong is kept as the error to
// reply with: the types of the keys come before what is wrong behind them.
//
// Threads: any; a value.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "commands/core/call.h"
#include "commands/core/set_operations.h"

namespace cordwood::commands::sorted_sets {

struct OperationArgs {
  SetQuery query;
  bool with_scores = false;
  uint64_t limit = 0;
  /// If there are keys, it stands behind them.
  std::string error = {};
};

struct OperationSyntax {
  std::string_view command;  // in lower case
  keyspace::SetOperation::Kind kind = keyspace::SetOperation::Kind::kUnion;
  enum class Form : uint8_t {
    kReply,
    kStore,  // a destination comes first
    kCount,
  } form = Form::kReply;
};

OperationArgs ParseOperation(std::span<const std::string_view> argv, const OperationSyntax& syntax);

/// Replies with args.error, or that a key is of another type. REQUIRES: there is an error.
Status ReplyError(Call& call, const OperationArgs& args);

}  // namespace cordwood::commands::sorted_sets
