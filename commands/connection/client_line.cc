#include "commands/connection/client_line.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"
#include "commands/connection/client_kinds.h"

namespace cordwood::commands {
namespace {

int64_t SecondsSince(int64_t then_ms, int64_t now_ms) {
  return std::max<int64_t>(0, now_ms - then_ms) / 1000;
}

std::string FlagsOf(const ClientView& view) {
  std::string flags;
  if (view.monitors) flags += 'O';
  if (KindOf(view) == ClientKind::kPubSub) flags += 'P';
  if (view.client->queue != nullptr) flags += 'x';
  if (view.blocked) flags += 'b';
  flags += view.tracks;
  if (view.client->close_after_reply) flags += 'c';
  if (view.closing) flags += 'A';
  if (view.client->no_evict) flags += 'e';
  if (view.client->no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

void AppendBuffers(std::string& line, const ClientView& view) {
  const CommandQueue* const queue = view.client->queue.get();
  AppendFormat(line, " qbuf={} qbuf-free={} argv-mem={} multi-mem={}", view.query_buffer_bytes,
               view.query_buffer_free_bytes, view.argument_bytes,
               queue != nullptr ? queue->memory_bytes() : 0);
  AppendFormat(line, " rbs={} rbp={} obl={} oll={} omem={} tot-mem={}", view.reply_buffer_bytes,
               view.reply_buffer_peak, view.reply_bytes, view.output_list_length,
               view.output_list_bytes, view.total_memory_bytes);
  AppendFormat(line, " events={}{}", view.awaits_input ? "r" : "", view.awaits_room ? "w" : "");
}

}  // namespace

std::string ClientLine(const ClientView& view, int64_t now_ms) {
  const Client& client = *view.client;
  std::string line = Format("id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={}",
                            client.id, client.address, client.local_address, view.socket,
                            client.name, SecondsSince(client.created_ms, now_ms),
                            SecondsSince(client.last_active_ms, now_ms), FlagsOf(view), client.db);
  AppendFormat(line, " sub={} psub={} ssub={} multi=", view.channels, view.patterns,
               view.shard_channels);
  line += client.queue != nullptr ? Format("{}", client.queue->size()) : "-1";
  AppendBuffers(line, view);
  AppendFormat(line, " cmd={} user=default redir={} resp={} lib-name={} lib-ver={}",
               client.last_command.empty() ? "NULL" : client.last_command, view.redirect,
               client.protocol, client.library_name, client.library_version);
  AppendFormat(line, " watch={} tot-net-in={} tot-net-out={} tot-cmds={}", view.watched_keys,
               view.received_bytes, view.sent_bytes, view.commands);
  return line;
}

}  // namespace cordwood::commands
