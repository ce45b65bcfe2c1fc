#pragma once

// The commands of the server: each topic's rows stand at the end of the file that has its handlers.
//
// Threads: any; no state.

#include <span>

#include "commands/core/row.h"

namespace cordwood::commands {

namespace connection {
Rows AuthenticationRows();
Rows ClientRows();
Rows SessionRows();
}  // namespace connection

namespace databases {
Rows DatabaseRows();
}  // namespace databases

namespace debug {
Rows DebugRows();
}  // namespace debug

namespace geo {
Rows PointRows();
Rows RadiusRows();
Rows SearchRows();
}  // namespace geo

namespace hashes {
Rows LongReadRows();
Rows ReadRows();
Rows ScanRows();
Rows WriteRows();
}  // namespace hashes

namespace keys {
Rows ExpiryRows();
Rows GenericRows();
Rows MoveRows();
Rows ObjectRows();
Rows ScanRows();
}  // namespace keys

namespace lists {
Rows BlockingRows();
Rows EditRows();
Rows MoveRows();
Rows PopRows();
Rows PositionRows();
Rows PushRows();
Rows ReadRows();
}  // namespace lists

namespace monitoring {
Rows LatencyRows();
Rows LogRows();
}  // namespace monitoring

namespace pubsub {
Rows MessageRows();
Rows SubscriptionRows();
}  // namespace pubsub

namespace server {
Rows AbsentRows();
Rows CommandRows();
Rows ConfigRows();
Rows LolwutRows();
Rows MemoryRows();
Rows MonitorRows();
Rows ProcessRows();
Rows WaitRows();
}  // namespace server

namespace sets {
Rows DrawRows();
Rows OperationRows();
Rows ReadRows();
Rows StoreRows();
Rows WriteRows();
}  // namespace sets

namespace sorted_sets {
Rows BlockingRows();
Rows CountRows();
Rows OperationRows();
Rows OperationStoreRows();
Rows PopRows();
Rows RangeRows();
Rows RangeStoreRows();
Rows ReadRows();
Rows RemovalRows();
Rows WriteRows();
}  // namespace sorted_sets

namespace strings {
Rows EditRows();
Rows LcsRows();
Rows ReadRows();
Rows SetRows();
}  // namespace strings

namespace transactions {
Rows TransactionRows();
}  // namespace transactions

/// What a CommandTable is made of.
std::span<const Rows> AllCommands();

}  // namespace cordwood::commands
