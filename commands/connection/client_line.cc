#include "commands/connection/client_line.h"

#include <algorithm>

#include "base/format.h"

namespace cordwood::commands {
namespace {

int64_t SecondsSince(int64_t then_ms, int64_t now_ms) {
  return std::max<int64_t>(0, now_ms - then_ms) / 1000;
}

std::string FlagsOf(const ClientView& view) {
  std::string flags;
  if (view.blocked) flags += 'b';
  if (view.client->tracking.on) flags += 't';
  if (view.client->tracking.redirect_is_broken) flags += 'R';
  if (view.client->tracking.broadcasts) flags += 'B';
  if (view.client->close_after_reply) flags += 'c';
  if (view.client->no_evict) flags += 'e';
  if (view.client->no_touch) flags += 'T';
  if (view.client->queue != nullptr) flags += 'x';
  return flags.empty() ? "N" : flags;
}

}  // namespace

std::string ClientLine(const ClientView& view, int64_t now_ms) {
  const Client& client = *view.client;
  std::string line = Format("id={} addr={} laddr={} name={} age={} idle={} flags={} db={}",
                            client.id, client.address, client.local_address, client.name,
                            SecondsSince(client.created_ms, now_ms),
                            SecondsSince(client.last_active_ms, now_ms), FlagsOf(view), client.db);
  line += " sub=0 psub=0 ssub=0 multi=";
  line += client.queue != nullptr ? Format("{}", client.queue->size()) : "-1";
  AppendFormat(line, " qbuf={} qbuf-free={}", view.query_buffer_bytes,
               view.query_buffer_free_bytes);
  AppendFormat(line, " argv-mem=0 multi-mem={} obl=0 oll={} omem={} tot-mem={}",
               client.queue != nullptr ? client.queue->memory_bytes() : 0, view.output_list_length,
               view.output_bytes, view.total_memory_bytes);
  AppendFormat(line, " cmd={} user=default redir={} resp={} lib-name={} lib-ver={}",
               client.last_command.empty() ? "NULL" : client.last_command,
               client.tracking.on ? static_cast<int64_t>(client.tracking.redirect) : -1,
               client.protocol, client.library_name, client.library_version);
  return line;
}

}  // namespace cordwood::commands
