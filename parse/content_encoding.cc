#include "parse/content_encoding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <vector>

#include "parse/ascii.h"

namespace weir::parse {
namespace {

constexpr std::size_t kChunk = 32 * 1024;
constexpr std::size_t kMaxStacked = 5;
constexpr int kZstdWindowLog = 23;  // 8 MiB, RFC 9659's limit for content encodings

struct Status {
  DecodeOutcome outcome = DecodeOutcome::kOk;
  std::string error;
};

Status bad(std::string error) { return {DecodeOutcome::kBadEncoding, std::move(error)}; }
Status cut(std::string_view coding) {
  return {DecodeOutcome::kCut, std::string(coding) + ": the stream ends early"};
}

// Where decoders put their output: through one small chunk, never beyond the limit.
class Output {
 public:
  Output(std::string& out, std::size_t limit) : out_(out), limit_(limit) { out_.clear(); }
  unsigned char* chunk() { return chunk_.data(); }
  bool empty() const { return out_.empty(); }
  void restart() { out_.clear(); }

  // False if `count` bytes of the chunk would pass the limit; what fits is kept.
  bool flush(std::size_t count) {
    const std::size_t fits = std::min(count, limit_ - out_.size());
    out_.append(reinterpret_cast<const char*>(chunk_.data()), fits);
    return fits == count;
  }
  Status too_large() const {
    return {DecodeOutcome::kTooLarge, "more than " + std::to_string(limit_) + " bytes decoded"};
  }

 private:
  std::string& out_;
  std::size_t limit_;
  std::array<unsigned char, kChunk> chunk_;
};

const unsigned char* data(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

enum class ZlibForm { kGzip, kZlib, kRaw };

Status inflate_all(std::string_view in, ZlibForm form, Output& out) {
  z_stream stream{};
  const int window = form == ZlibForm::kGzip ? 15 + 16 : form == ZlibForm::kZlib ? 15 : -15;
  if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> closer(&stream, inflateEnd);
  const char* name = form == ZlibForm::kGzip ? "gzip" : "deflate";
  stream.next_in = const_cast<unsigned char*>(data(in));
  const auto refill = [&] {  // avail_in has 32 bits
    const auto used = static_cast<std::size_t>(stream.next_in - data(in));
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size() - used, 1u << 30));
  };
  while (true) {
    if (stream.avail_in == 0) refill();
    stream.next_out = out.chunk();
    stream.avail_out = kChunk;
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (!out.flush(kChunk - stream.avail_out)) return out.too_large();
    if (result == Z_STREAM_END) {
      refill();
      if (form != ZlibForm::kGzip || !looks_gzipped(in.substr(in.size() - stream.avail_in)))
        return {};
      inflateReset(&stream);  // the next member
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result == Z_BUF_ERROR) {  // no progress: the input is at its end
      return cut(name);
    } else if (result != Z_OK) {
      return bad(std::string(name) + ": " +
                 (stream.msg == nullptr ? "preset dictionary" : stream.msg));
    }
  }
}

// "deflate" is zlib's format by the RFC and a raw stream by many servers' habit.
Status deflate_all(std::string_view in, Output& out) {
  const bool zlib =
      in.size() >= 2 && (in[0] & 0x0F) == 8 && (data(in)[0] << 8 | data(in)[1]) % 31 == 0;
  if (zlib) {
    Status status = inflate_all(in, ZlibForm::kZlib, out);
    if (status.outcome != DecodeOutcome::kBadEncoding || !out.empty()) return status;
    out.restart();
  }
  return inflate_all(in, ZlibForm::kRaw, out);
}

Status brotli_all(std::string_view in, Output& out) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> decoder(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!decoder) throw std::bad_alloc();
  std::size_t left = in.size();
  const unsigned char* next = data(in);
  while (true) {
    unsigned char* to = out.chunk();
    std::size_t room = kChunk;
    const auto result =
        BrotliDecoderDecompressStream(decoder.get(), &left, &next, &room, &to, nullptr);
    if (!out.flush(kChunk - room)) return out.too_large();
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return {};
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return cut("br");
    if (result == BROTLI_DECODER_RESULT_ERROR) {
      return bad(std::string("br: ") +
                 BrotliDecoderErrorString(BrotliDecoderGetErrorCode(decoder.get())));
    }
  }
}

Status zstd_all(std::string_view in, Output& out) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(),
                                                                          ZSTD_freeDStream);
  if (!stream) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  while (true) {
    ZSTD_outBuffer output{out.chunk(), kChunk, 0};
    const std::size_t before = input.pos;
    const std::size_t result = ZSTD_decompressStream(stream.get(), &output, &input);
    if (!out.flush(output.pos)) return out.too_large();
    if (ZSTD_isError(result)) return bad(std::string("zstd: ") + ZSTD_getErrorName(result));
    if (result == 0) {  // a whole frame; another may follow
      const std::string_view rest = in.substr(input.pos);
      if (rest.size() < 4 || rest.substr(1, 3) != "\xB5\x2F\xFD" || rest[0] != '\x28') return {};
    } else if (input.pos == before && output.pos == 0) {
      return cut("zstd");
    }
  }
}

Status decode_one(std::string_view in, std::string_view coding, std::size_t limit,
                  std::string& to) {
  Output out(to, limit);
  if (coding == "gzip" || coding == "x-gzip") return inflate_all(in, ZlibForm::kGzip, out);
  if (coding == "deflate") return deflate_all(in, out);
  if (coding == "br") return brotli_all(in, out);
  if (coding == "zstd") return zstd_all(in, out);
  return bad("unknown content encoding " + std::string(coding));
}

std::vector<std::string> codings_of(std::string_view header) {
  std::vector<std::string> codings;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    std::string coding = ascii::lower(ascii::trim(header.substr(0, comma)));
    if (!coding.empty() && coding != "identity") codings.push_back(std::move(coding));
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  return codings;
}

}  // namespace

bool looks_gzipped(std::string_view bytes) { return bytes.substr(0, 3) == "\x1F\x8B\x08"; }

DecodedBody decode_content(std::string_view body, std::string_view encodings, std::size_t limit,
                           std::string& buffer) {
  const std::vector<std::string> codings = codings_of(encodings);
  if (body.empty() || codings.empty()) {
    if (body.size() <= limit) return {DecodeOutcome::kOk, body, {}};
    return {DecodeOutcome::kTooLarge, body.substr(0, limit),
            "more than " + std::to_string(limit) + " bytes"};
  }
  if (codings.size() > kMaxStacked)
    return {DecodeOutcome::kBadEncoding, {}, "too many content encodings"};
  Status first;
  std::string between;  // two stacked codings
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    if (coding != codings.rbegin()) std::swap(buffer, between);
    Status status = decode_one(coding == codings.rbegin() ? body : between, *coding, limit, buffer);
    // Behind a fault the rest is cut for certain; the first fault is the one that tells.
    if (first.outcome == DecodeOutcome::kOk) first = std::move(status);
  }
  return {first.outcome, buffer, std::move(first.error)};
}

}  // namespace weir::parse
