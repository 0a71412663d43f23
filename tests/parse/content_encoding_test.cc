#include "parse/content_encoding.h"

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

namespace weir::parse {
namespace {

constexpr std::size_t kLimit = 1 << 20;

std::string deflated(const std::string& text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzip(const std::string& text) { return deflated(text, 31); }
std::string zlib(const std::string& text) { return deflated(text, 15); }
std::string raw(const std::string& text) { return deflated(text, -15); }

std::string brotli(const std::string& text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string out(size, '\0');
  BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(),
                        reinterpret_cast<const uint8_t*>(text.data()), &size,
                        reinterpret_cast<uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; text.size() < 200'000; ++i) text += "line " + std::to_string(i * i) + "\n";
  return text;
}

struct Decoded {
  DecodeOutcome outcome;
  std::string bytes;
  std::string error;
};

Decoded decode(const std::string& body, std::string_view encodings, std::size_t limit = kLimit) {
  std::string buffer = "left from another page";
  const DecodedBody decoded = decode_content(body, encodings, limit, buffer);
  return {decoded.outcome, std::string(decoded.bytes), decoded.error};
}

TEST(ContentEncoding, EachCodingIsUndone) {
  const std::string text = sample();
  const std::pair<std::string, std::string> cases[] = {
      {gzip(text), "gzip"},   {gzip(text), " X-GZIP "}, {zlib(text), "deflate"},
      {raw(text), "deflate"}, {brotli(text), "br"},     {zstd(text), "zstd"}};
  for (const auto& [body, coding] : cases) {
    const Decoded decoded = decode(body, coding);
    EXPECT_EQ(decoded.outcome, DecodeOutcome::kOk) << coding << ": " << decoded.error;
    EXPECT_EQ(decoded.bytes, text) << coding;
  }
}

TEST(ContentEncoding, NothingToUndoIsNotCopied) {
  const std::string body = "plain";
  for (const char* coding : {"", "identity", " , Identity,"}) {
    std::string buffer;
    EXPECT_EQ(decode_content(body, coding, kLimit, buffer).bytes.data(), body.data());
  }
}

TEST(ContentEncoding, StackedCodingsAreUndoneFromTheLast) {
  const std::string text = sample();
  EXPECT_EQ(decode(brotli(gzip(text)), "gzip, br").bytes, text);
  EXPECT_EQ(decode(gzip(zstd(raw(text))), "deflate,zstd , gzip").bytes, text);
  EXPECT_EQ(decode(gzip(gzip("x")), "gzip").bytes, gzip("x")) << "one layer only";
  EXPECT_EQ(decode(gzip(text), "gzip,gzip,gzip,gzip,gzip,gzip").outcome,
            DecodeOutcome::kBadEncoding);
}

TEST(ContentEncoding, SeveralMembersAndWhatFollowsThem) {
  EXPECT_EQ(decode(gzip("one ") + gzip("two"), "gzip").bytes, "one two");
  EXPECT_EQ(decode(zstd("one ") + zstd("two"), "zstd").bytes, "one two");
  const Decoded padded = decode(gzip("one") + std::string(512, '\0'), "gzip");
  EXPECT_EQ(padded.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(padded.bytes, "one");
}

TEST(ContentEncoding, AnEmptyBodyIsEmptyWhateverTheHeaderSays) {
  for (const char* coding : {"gzip", "br", "zstd", "deflate", "nonsense"}) {
    EXPECT_EQ(decode("", coding).outcome, DecodeOutcome::kOk) << coding;
  }
}

TEST(ContentEncoding, ACutStreamKeepsWhatCame) {
  const std::string text = sample();
  const std::pair<std::string, std::string> cases[] = {{gzip(text), "gzip"},
                                                       {zlib(text), "deflate"},
                                                       {raw(text), "deflate"},
                                                       {brotli(text), "br"},
                                                       {zstd(text), "zstd"}};
  for (const auto& [body, coding] : cases) {
    for (const std::size_t kept : {std::size_t{1}, body.size() / 2, body.size() - 1}) {
      const Decoded decoded = decode(body.substr(0, kept), coding);
      EXPECT_EQ(decoded.outcome, DecodeOutcome::kCut)
          << coding << " " << kept << ": " << decoded.error;
      EXPECT_FALSE(decoded.error.empty());
      EXPECT_EQ(text.compare(0, decoded.bytes.size(), decoded.bytes), 0) << coding;
      if (kept == body.size() / 2 && coding != "zstd") {
        EXPECT_GT(decoded.bytes.size(), 1000u) << coding;
      }
    }
  }
}

TEST(ContentEncoding, ACorruptStreamIsABadEncoding) {
  for (const char* coding : {"gzip", "br", "zstd", "deflate"}) {
    EXPECT_EQ(decode("<html>this was never compressed</html>", coding).outcome,
              DecodeOutcome::kBadEncoding)
        << coding;
  }
  std::string body = gzip(sample());
  body[body.size() - 5] ^= 1;  // its checksum
  const Decoded decoded = decode(body, "gzip");
  EXPECT_EQ(decoded.outcome, DecodeOutcome::kBadEncoding);
  EXPECT_EQ(decoded.bytes, sample()) << "what came before the fault is kept";
  const Decoded unknown = decode("x", "compress");
  EXPECT_EQ(unknown.outcome, DecodeOutcome::kBadEncoding);
  EXPECT_NE(unknown.error.find("compress"), std::string::npos);
}

TEST(ContentEncoding, OutputIsCutAtTheLimit) {
  const std::string bomb(8 << 20, '\0');
  for (const auto& [body, coding] : {std::pair{gzip(bomb), "gzip"},
                                     {brotli(bomb), "br"},
                                     {zstd(bomb), "zstd"},
                                     {gzip(gzip(bomb)), "gzip, gzip"}}) {
    const Decoded decoded = decode(body, coding, 1000);
    EXPECT_EQ(decoded.outcome, DecodeOutcome::kTooLarge) << coding;
    EXPECT_LE(decoded.bytes.size(), 1000u) << coding;
  }
  EXPECT_EQ(decode(gzip("12345"), "gzip", 5).outcome, DecodeOutcome::kOk);
  EXPECT_EQ(decode(gzip("123456"), "gzip", 5).bytes, "12345");
  EXPECT_EQ(decode("123456", "", 5).outcome, DecodeOutcome::kTooLarge);
}

}  // namespace
}  // namespace weir::parse
