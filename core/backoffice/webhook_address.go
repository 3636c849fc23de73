package backoffice

import "net/netip"

// Public reports whether an address is one of the open internet, where a webhook may be sent to. It is the rule of the
// IANA registries of special addresses, read strictly: of IPv6 only 2000::/3 is public, so that no embedded IPv4 address
// (mapped, compatible, NAT64) and no private one is, and an address that must be written with a zone never is.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if a.Is4() {
		return !within(a, special4())
	}
	return netip.MustParsePrefix("2000::/3").Contains(a) && !within(a, special6())
}

func within(a netip.Addr, ranges []string) bool {
	for _, r := range ranges {
		if netip.MustParsePrefix(r).Contains(a) {
			return true
		}
	}
	return false
}

// special4 are the ranges of the IANA IPv4 special-purpose registry that lead to no stranger's server, and one address
// more that a cloud answers by itself.
func special4() []string {
	return []string{
		"0.0.0.0/8",        // this network, the unspecified address
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // shared by a carrier's customers, and metadata of one cloud
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // Azure's platform, reachable from its machines alone
		"169.254.0.0/16",   // link-local, metadata of most clouds
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocol assignments, metadata of one cloud
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // relays of 6to4
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved, broadcast
	}
}

// special6 are the ranges within 2000::/3 that are not public.
func special6() []string {
	return []string{
		"2001::/23",     // protocol assignments: Teredo, benchmarks, ORCHID
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4, which embeds an IPv4 address
		"3ffe::/16",     // given back
		"3fff::/20",     // documentation
	}
}
