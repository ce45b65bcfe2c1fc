#include "commands/sorted_sets/operation_args.h"

#include <optional>

#include "base/format.h"
#include "base/number.h"
#include "commands/core/arg_cursor.h"
#include "commands/core/error_texts.h"

namespace cordwood::commands::sorted_sets {
namespace {

using Form = OperationSyntax::Form;
using Kind = keyspace::SetOperation::Kind;

std::optional<keyspace::Aggregate> ParseAggregate(std::string_view text) {
  if (EqualsIgnoreCase(text, "SUM")) return keyspace::Aggregate::kSum;
  if (EqualsIgnoreCase(text, "MIN")) return keyspace::Aggregate::kMin;
  if (EqualsIgnoreCase(text, "MAX")) return keyspace::Aggregate::kMax;
  return std::nullopt;
}

/// Reads arguments from the left, until one is wrong.
class Parser {
 public:
  Parser(std::span<const std::string_view> argv, const OperationSyntax& syntax)
      : syntax_(syntax), left_(argv, syntax.form == Form::kStore ? 2 : 1) {
    args_.query.kind = syntax.kind;
    args_.query.takes_sorted_sets = true;
  }

  OperationArgs Parse() {
    ReadKeys();
    while (args_.error.empty() && !left_.done()) ReadOption();
    return std::move(args_);
  }

 private:
  bool scales() const { return syntax_.kind != Kind::kDifference && syntax_.form != Form::kCount; }

  void ReadKeys() {
    const std::optional<int64_t> count = ParseInt64(left_.Next());
    if (!count) {
      args_.error = kNotAnInteger;
    } else if (*count < 1) {
      args_.error = Format("ERR at least 1 input key is needed for '{}' command", syntax_.command);
    } else if (static_cast<uint64_t>(*count) > left_.left()) {
      args_.error = kSyntaxError;
    } else {
      const auto keys = left_.Next(static_cast<size_t>(*count));
      args_.query.keys.assign(keys.begin(), keys.end());
    }
  }

  void ReadOption() {
    if (scales() && left_.MatchBefore("WEIGHTS", args_.query.keys.size())) {
      ReadWeights();
    } else if (scales() && left_.MatchBefore("AGGREGATE", 1)) {
      const auto aggregate = ParseAggregate(left_.Next());
      if (!aggregate) args_.error = kSyntaxError;
      args_.query.aggregate = aggregate.value_or(keyspace::Aggregate::kSum);
    } else if (syntax_.form == Form::kReply && left_.Match("WITHSCORES")) {
      args_.with_scores = true;
    } else if (syntax_.form == Form::kCount && left_.MatchBefore("LIMIT", 1)) {
      const std::optional<int64_t> limit = ParseInt64(left_.Next());
      if (!limit || *limit < 0) args_.error = "ERR LIMIT can't be negative";
      args_.limit = static_cast<uint64_t>(limit.value_or(0));
    } else {
      args_.error = kSyntaxError;
    }
  }

  void ReadWeights() {
    args_.query.weights.clear();
    for (const std::string_view text : left_.Next(args_.query.keys.size())) {
      const std::optional<double> weight = ParseDouble(text);
      if (!weight) args_.error = "ERR weight value is not a float";
      args_.query.weights.push_back(weight.value_or(0));
    }
  }

  const OperationSyntax& syntax_;
  ArgCursor left_;
  OperationArgs args_;
};

}  // namespace

OperationArgs ParseOperation(std::span<const std::string_view> argv,
                             const OperationSyntax& syntax) {
  return Parser(argv, syntax).Parse();
}

Status ReplyError(Call& call, const OperationArgs& args) {
  if (!args.query.keys.empty()) {
    const keyspace::Generation generation = call.tx.GenerationOf(call.client.db);
    CW_ASSIGN(const SetSources sources, OpenSources(call.tx, generation, args.query));
    CountLookups(call.tx, generation, sources);
    if (sources.wrong_type) return call.Error(kWrongType);
  }
  return call.Error(args.error);
}

}  // namespace cordwood::commands::sorted_sets
