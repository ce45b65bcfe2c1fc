#pragma once

// Makes the checksums of a damaged file right again, as docs/STORAGE_FORMAT.md draws them, so that
// what lies behind them is tested too. Written from that page and not from the code: it takes any
// bytes, and puts a checksum wherever they say that one belongs.
//
// Threads: any; no state.

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::support {

/// Header sector and frames of a log segment.
void SealSegment(std::string& file);

/// Frames of manifest `number`.
void SealManifest(std::string& file, uint64_t number);

/// Footer, sections and data blocks of a table. The footer also gets the size of the file.
void SealTable(std::string& file);

/// The text of CURRENT: the last line is replaced, or appended.
void SealCurrent(std::string& text);

/// A file of sectors, in a short form for the mutator, which would else change zeros most of the
/// time: each sector of 4096 bytes is a length u16 and so many bytes, without the zeros behind. No
/// file has more than 16 of them.
std::string Expand(std::string_view packed);
std::string Pack(std::string_view file);

}  // namespace cordwood::support
