#include "pipeline/info/client_views.h"

#include <algorithm>
#include <string_view>

namespace cordwood::pipeline {
namespace {

uint64_t BytesOfArguments(const Session& session) {
  uint64_t bytes = 0;
  for (const std::string_view argument : session.argv()) bytes += argument.size();
  return bytes;
}

void SetInput(const Session& session, commands::ClientView& view) {
  const uint64_t buffered = session.parser.buffered_bytes();
  // One that waits for others has its arguments elsewhere.
  const bool running = session.runs_command && session.waiting == nullptr;
  view.query_buffer_bytes = buffered + (running ? session.parser.request_bytes() : 0);
  const uint64_t capacity = session.parser.buffer_capacity();
  view.query_buffer_free_bytes = capacity - std::min(capacity, view.query_buffer_bytes);
  view.argument_bytes = session.runs_command ? BytesOfArguments(session) : 0;
  view.received_bytes = session.received_bytes;
}

void SetOutput(const Session& session, commands::ClientView& view) {
  const ReplyQueue& replies = session.replies;
  view.reply_buffer_bytes = replies.buffer_capacity();
  view.reply_buffer_peak = replies.buffer_peak();
  view.reply_bytes = replies.buffered_bytes();
  view.output_list_length = replies.pieces();
  view.output_list_bytes = replies.piece_bytes();
  // As Redis tells it: what is more than a small buffer holds lies beside it.
  constexpr uint64_t kSmallBufferBytes = 16 << 10;
  const uint64_t beside =
      session.held_pushes.size() + (view.reply_bytes > kSmallBufferBytes ? view.reply_bytes : 0);
  if (view.reply_bytes > kSmallBufferBytes) view.reply_bytes = 0;
  if (beside > 0) ++view.output_list_length;
  view.output_list_bytes += beside;
  view.sent_bytes = session.sent_bytes;
}

}  // namespace

commands::ClientView ViewOf(const Pipeline& pipeline, const Session& session) {
  const SocketState socket = pipeline.SocketOf(session.id());
  commands::ClientView view{.client = &session.client};
  view.socket = socket.descriptor;
  view.awaits_room = socket.awaits_room;
  view.awaits_input = pipeline.WantsInput(session.id());
  SetInput(session, view);
  SetOutput(session, view);
  view.total_memory_bytes = sizeof(Session) + session.memory_bytes();
  view.watched_keys = pipeline.watches().KeysOf(session.id());
  view.commands = session.commands;
  view.blocked = session.waiting != nullptr || session.hold == Hold::kPaused;
  view.closing = session.close_now;
  const commands::Subscriptions& subscriptions = session.client.subscriptions;
  view.channels = subscriptions.count(commands::SubscriptionKind::kChannel);
  view.patterns = subscriptions.count(commands::SubscriptionKind::kPattern);
  view.shard_channels = subscriptions.count(commands::SubscriptionKind::kShardChannel);
  view.monitors = session.client.monitors;
  const auto& tracking = session.client.tracking;
  if (tracking.on) view.redirect = static_cast<int64_t>(tracking.redirect);
  if (tracking.on) view.tracks += 't';
  if (tracking.redirect_is_broken) view.tracks += 'R';
  if (tracking.broadcasts) view.tracks += 'B';
  return view;
}

}  // namespace cordwood::pipeline
