#include <algorithm>

#include "metrics/journal.hpp"
#include "metrics/journal_format.hpp"

namespace pharos::metrics {
namespace {

using Kind = JournalFrame::Kind;

constexpr std::size_t kBlockBytes = 1u << 20;

// One segment read from its beginning, record by record, while it may still grow.
class SegmentReader {
 public:
  enum class Step : std::uint8_t { record, nothing, damage };

  static Result<std::unique_ptr<SegmentReader>> open(Disk& disk, std::string path, std::uint64_t number, JournalReader::Floats form = JournalReader::Floats::rows) {
    auto file = disk.open(path);
    if (!file) return fail(std::move(file).error());
    auto out = std::make_unique<SegmentReader>();
    out->file_ = std::move(*file);
    out->path_ = std::move(path);
    out->number_ = number;
    out->form_ = form;
    return out;
  }

  // `nothing`: what follows is not whole (yet). After `damage`, described in `found`, there is no more.
  Result<Step> next(JournalEntry& entry, Damage& found) {
    if (ended_) return Step::nothing;
    if (offset_ == 0) {
      std::uint64_t number = 0;
      const auto frame = TRY(whole([&](std::string_view bytes) { return read_journal_header(bytes, number); }));
      if (frame.kind == Kind::incomplete) return Step::nothing;
      if (frame.kind == Kind::damaged) return damaged(found, "the header of the segment is damaged or of an unknown version");
      if (number != number_) return damaged(found, "this is segment " + std::to_string(number) + " under another's name");
      pass(frame.bytes);
    }
    const auto frame = TRY(whole([](std::string_view bytes) { return read_journal_frame(bytes); }));
    if (frame.kind == Kind::incomplete) return Step::nothing;
    if (frame.kind == Kind::damaged) return damaged(found, "a record does not match its checksum");
    if (!get_journal_entry(frame.payload, entry, values_, form_)) return damaged(found, "a record cannot be decoded");
    pass(frame.bytes);
    return Step::record;
  }

  std::uint64_t offset() const { return offset_; }
  std::uint64_t number() const { return number_; }
  const std::string& path() const { return path_; }

 private:
  // A frame from `parse`, with as many bytes as it wants. Damage is what is damage after a second look,
  // and not the torn end of an unfinished write (answered as `incomplete`).
  template <class Parse>
  Result<JournalFrame> whole(Parse&& parse) {
    for (bool looked_again = false;;) {
      const auto frame = parse(rest());
      if (frame.kind == Kind::whole) return frame;
      if (frame.kind == Kind::incomplete) {
        const auto before = rest().size();
        const auto more = TRY(fill(std::max<std::uint64_t>(frame.bytes - before, kBlockBytes)));
        if (more) continue;
        // An abandoned tail may be cut off: what is kept of it might not be there next time.
        forget();
        return frame;
      }
      if (!looked_again) {
        looked_again = true;
        forget();
        while (rest().size() < frame.bytes) {
          const auto more = TRY(fill(std::max<std::uint64_t>(frame.bytes - rest().size(), kBlockBytes)));
          if (!more) break;
        }
        continue;
      }
      for (;;) {
        const auto more = TRY(fill(kBlockBytes));
        if (!more) break;
      }
      JournalFrame out = frame;
      if (is_torn(frame, rest())) {
        out.kind = Kind::incomplete;
        forget();
      }
      out.payload = {};
      return out;
    }
  }

  Result<Step> damaged(Damage& found, std::string what) {
    found = {path_, offset_, std::move(what)};
    ended_ = true;
    return Step::damage;
  }
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  void pass(std::uint64_t n) {
    offset_ += n;
    at_ += static_cast<std::size_t>(n);
  }
  void forget() {
    buffer_.clear();
    at_ = 0;
  }
  // False at the end of the file.
  Result<bool> fill(std::uint64_t n) {
    buffer_.erase(0, at_);
    at_ = 0;
    const auto had = buffer_.size();
    // A length may be a lie: grow by what is really there.
    n = std::min<std::uint64_t>(n, std::max<std::size_t>(kBlockBytes, had));
    buffer_.resize(had + static_cast<std::size_t>(n));
    const auto got = file_->read_at(offset_ + had, std::as_writable_bytes(std::span(buffer_)).subspan(had));
    buffer_.resize(had + (got ? *got : 0));
    if (!got) return fail(got.error());
    return *got > 0;
  }

  std::unique_ptr<File> file_;
  std::string path_, buffer_;
  std::uint64_t number_ = 0, offset_ = 0;  // offset_: of buffer_[at_]
  std::size_t at_ = 0;
  bool ended_ = false;
  JournalReader::Floats form_ = JournalReader::Floats::rows;
  JournalValues values_;
};

class DiskJournalReader final : public JournalReader {
 public:
  DiskJournalReader(Disk& disk, std::string folder, Floats form) : disk_(disk), folder_(std::move(folder)), form_(form) {}

  Status start(Store::FeedPosition from) {
    position_ = from;
    if (from.offset == 0) return {};
    const auto path = journal_path(folder_, from.segment);
    if (!disk_.exists(path)) return fail(Errc::not_found, path + ": no longer there");
    segment_ = TRY(SegmentReader::open(disk_, path, from.segment, form_));
    JournalEntry skipped;
    Damage damage;
    while (segment_->offset() < from.offset) {
      const auto step = TRY(segment_->next(skipped, damage));
      if (segment_->offset() == from.offset) break;  // the header alone counts too
      if (step == SegmentReader::Step::damage) return fail(Errc::corrupt, damage.file + ":" + std::to_string(damage.offset) + ": " + damage.what);
      if (step == SegmentReader::Step::nothing) break;
    }
    if (segment_->offset() == from.offset && from.offset > kJournalHeaderBytes) return {};
    if (from.offset == kJournalHeaderBytes) {  // the first record has been read above: begin again
      segment_.reset();
      return {};
    }
    return fail(Errc::not_found, path + ": no record begins at " + std::to_string(from.offset));
  }

  Result<bool> next(JournalEntry& entry, std::vector<Damage>& damage) override {
    for (bool last_look = false;;) {
      if (!segment_) {
        const auto opened = TRY(open_from(position_.segment));
        if (!opened) return false;
      }
      Damage found;
      const auto step = TRY(segment_->next(entry, found));
      if (step == SegmentReader::Step::record) {
        position_ = {segment_->number(), segment_->offset()};
        return true;
      }
      if (step == SegmentReader::Step::damage) damage.push_back(std::move(found));
      if (!last_look) {
        const auto later = TRY(number_from(segment_->number() + 1));
        if (!later) return false;
        // It may have got its last records between our look at it and its successor's making.
        last_look = true;
        continue;
      }
      last_look = false;
      const auto opened = TRY(open_from(segment_->number() + 1));
      if (!opened) return false;
    }
  }

  Store::FeedPosition position() const override { return position_; }

 private:
  Result<std::optional<std::uint64_t>> number_from(std::uint64_t number) {
    const auto numbers = TRY(journal_segments(disk_, folder_));
    const auto it = std::ranges::lower_bound(numbers, number);
    if (it == numbers.end()) return std::optional<std::uint64_t>();
    return std::optional(*it);
  }
  Result<bool> open_from(std::uint64_t number) {
    for (;;) {
      const auto found = TRY(number_from(number));
      if (!found) return false;
      auto opened = SegmentReader::open(disk_, journal_path(folder_, *found), *found, form_);
      if (!opened && opened.error().code == Errc::not_found) {  // removed since
        number = *found + 1;
        continue;
      }
      if (!opened) return fail(std::move(opened).error());
      segment_ = std::move(*opened);
      return true;
    }
  }

  Disk& disk_;
  const std::string folder_;
  const Floats form_;
  Store::FeedPosition position_;
  std::unique_ptr<SegmentReader> segment_;
};

}  // namespace

Result<std::unique_ptr<JournalReader>> JournalReader::open(Disk& disk, std::string folder, Store::FeedPosition from, Floats form) {
  auto reader = std::make_unique<DiskJournalReader>(disk, std::move(folder), form);
  TRY(reader->start(from));
  return reader;
}

Result<std::vector<std::uint64_t>> journal_segments(Disk& disk, const std::string& folder) {
  std::vector<std::uint64_t> out;
  const auto entries = TRY(disk.list(folder));
  for (const auto& entry : entries)
    if (const auto number = journal_segment_of(entry.name); number && !entry.directory) out.push_back(*number);
  std::ranges::sort(out);
  return out;
}

void verify_journal(Disk& disk, const std::string& path, bool, std::vector<Damage>& damage) {
  const auto number = journal_segment_of(path);
  if (!number) return damage.push_back({path, 0, "not the name of a journal segment"});
  auto segment = SegmentReader::open(disk, path, *number);
  if (!segment) return damage.push_back({path, 0, segment.error().message});
  JournalEntry entry;
  Damage found;
  for (;;) {
    const auto step = (*segment)->next(entry, found);
    if (!step) return damage.push_back({path, (*segment)->offset(), step.error().message});
    if (*step == SegmentReader::Step::nothing) return;
    if (*step == SegmentReader::Step::damage) return damage.push_back(std::move(found));
  }
}

bool check_journal_file(Disk& disk, const std::string& path, std::vector<Damage>& damage) {
  if (!journal_segment_of(path)) return false;
  verify_journal(disk, path, false, damage);
  return true;
}

Status decode_journal_segment(std::string_view bytes, std::vector<JournalEntry>& out) {
  const auto damaged = [](std::uint64_t offset) { return fail(Errc::corrupt, "journal segment damaged at " + std::to_string(offset)); };
  JournalValues values;
  std::uint64_t offset = 0, number = 0;
  auto frame = read_journal_header(bytes, number);
  for (;;) {
    const auto rest = bytes.substr(offset);
    if (frame.kind == Kind::incomplete || (frame.kind == Kind::damaged && is_torn(frame, rest))) return {};
    if (frame.kind == Kind::damaged) return damaged(offset);
    if (offset > 0) {
      JournalEntry entry;
      if (!get_journal_entry(frame.payload, entry, values)) return damaged(offset);
      out.push_back(std::move(entry));
    }
    offset += frame.bytes;
    frame = read_journal_frame(bytes.substr(offset));
  }
}

}  // namespace pharos::metrics
