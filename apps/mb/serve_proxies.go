package main

import (
	"net/netip"
	"strings"

	"github.com/spf13/pflag"
)

// proxies is a flag's value: the networks of the proxies in front, whose word on where a request comes from counts.
type proxies []netip.Prefix

var _ pflag.Value = (*proxies)(nil)

// String are the networks.
func (p *proxies) String() string {
	list := make([]string, len(*p))
	for i, network := range *p {
		list[i] = network.String()
	}
	return strings.Join(list, ",")
}

// Set adds a network, or the one address of a proxy. All addresses together are none: then anybody could write where a request comes from.
func (p *proxies) Set(text string) error {
	network, err := netip.ParsePrefix(text)
	if ip, wrong := netip.ParseAddr(text); wrong == nil && ip.Zone() == "" {
		network, err = netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	if err != nil || network.Bits() == 0 {
		return invalid("give the address of a proxy, or a network such as 10.0.0.0/8")
	}
	*p = append(*p, network.Masked())
	return nil
}

// Type names the sort of value.
func (p *proxies) Type() string { return "network" }
