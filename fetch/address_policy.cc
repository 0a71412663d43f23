#include "fetch/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace weir::fetch {
namespace {

struct Block4 {
  std::uint32_t base;
  int bits;
};

constexpr std::uint32_t quad(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Block4 kClosed4[] = {
    {quad(0, 0, 0, 0), 8},         // this network
    {quad(10, 0, 0, 0), 8},        // private
    {quad(100, 64, 0, 0), 10},     // shared address space (CGNAT); a cloud's metadata is in it
    {quad(127, 0, 0, 0), 8},       // loopback
    {quad(169, 254, 0, 0), 16},    // link-local; most clouds' metadata
    {quad(172, 16, 0, 0), 12},     // private
    {quad(192, 0, 0, 0), 24},      // IETF protocol assignments; a cloud's metadata
    {quad(192, 0, 2, 0), 24},      // documentation
    {quad(192, 88, 99, 0), 24},    // 6to4 relay
    {quad(192, 168, 0, 0), 16},    // private
    {quad(198, 18, 0, 0), 15},     // benchmarking
    {quad(198, 51, 100, 0), 24},   // documentation
    {quad(203, 0, 113, 0), 24},    // documentation
    {quad(224, 0, 0, 0), 4},       // multicast
    {quad(240, 0, 0, 0), 4},       // reserved, broadcast
    {quad(168, 63, 129, 16), 32},  // a cloud's platform service, public only in form
};

bool public4(std::uint32_t address) {
  return std::none_of(std::begin(kClosed4), std::end(kClosed4), [&](const Block4& block) {
    return (address ^ block.base) >> (32 - block.bits) == 0;
  });
}

using Bytes16 = std::array<std::uint8_t, 16>;

std::uint32_t embedded(const Bytes16& a, std::size_t at) {
  return quad(a[at], a[at + 1], a[at + 2], a[at + 3]);
}

bool starts(const Bytes16& a, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), a.begin());
}

bool public6(const Bytes16& a) {
  const bool zeros8 = starts(a, {0, 0, 0, 0, 0, 0, 0, 0});
  if (zeros8 && a[8] == 0 && a[9] == 0) {
    // ::/96 compatible (loopback and unspecified among them), ::ffff:0:0/96 mapped. No server is
    // reached by the compatible form any more.
    const bool mapped = a[10] == 0xff && a[11] == 0xff;
    return mapped && public4(embedded(a, 12));
  }
  if (zeros8 && a[8] == 0xff && a[9] == 0xff && a[10] == 0 && a[11] == 0) {
    return public4(embedded(a, 12));  // ::ffff:0:0:0/96, translated (RFC 2765)
  }
  if (starts(a, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    return public4(embedded(a, 12));  // 64:ff9b::/96, NAT64 (RFC 6052)
  }
  if (starts(a, {0x20, 0x02})) return public4(embedded(a, 2));      // 6to4
  if (starts(a, {0x20, 0x01, 0x0d, 0xb8})) return false;            // documentation
  if (starts(a, {0x20, 0x01}) && (a[2] & 0xfe) == 0) return false;  // 2001::/23, Teredo among them
  if (starts(a, {0x3f, 0xff}) && (a[2] & 0xf0) == 0) return false;  // documentation (RFC 9637)
  // An interface identifier of ISATAP (RFC 5214) embeds an IPv4 address, too.
  if ((a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e && a[11] == 0xfe &&
      !public4(embedded(a, 12))) {
    return false;
  }
  return (a[0] & 0xe0) == 0x20;  // 2000::/3 alone is global unicast
}

bool public6(const in6_addr& address) {
  Bytes16 bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  return public6(bytes);
}

}  // namespace

bool is_public(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof in);
    return public4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, &address, sizeof in);
    return public6(in.sin6_addr);
  }
  return false;
}

bool is_public(const std::string& numeric) noexcept {
  in_addr four;
  if (inet_pton(AF_INET, numeric.c_str(), &four) == 1) return public4(ntohl(four.s_addr));
  in6_addr six;
  return inet_pton(AF_INET6, numeric.c_str(), &six) == 1 && public6(six);
}

bool is_numeric_address(const std::string& text) noexcept {
  in6_addr any;
  return inet_pton(AF_INET, text.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &any) == 1;
}

}  // namespace weir::fetch
