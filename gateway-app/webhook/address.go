package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

// errAddressRefused is an address that the settings do not let webhooks go to.
var errAddressRefused = errors.New("webhooks do not go to this address")

// ErrHostNotNamed is an address whose host the member's settings do not name.
var ErrHostNotNamed = errors.New("the settings do not name the host of the address")

// longestURL bounds an endpoint's address.
const longestURL = 2048

// checkURL refuses an address that could never be delivered to. What its name stands for is not looked up
// here: that may be another address by the time it is dialled.
func (s Settings) checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" || !portInRange(u) {
		return fault.In(fault.InvalidField, "url")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	literal := err == nil
	if !s.names(u.Hostname()) {
		return fmt.Errorf("%w: %w", ErrHostNotNamed, fault.In(fault.InvalidField, "url"))
	}
	switch {
	case u.Scheme == "https" && (!literal || s.permits(ip)):
		return nil
	case u.Scheme == "http" && s.AllowLoopback && (literal && s.permitsPlain(ip) || strings.EqualFold(u.Hostname(), "localhost")):
		return nil
	}
	return fault.In(fault.InvalidField, "url")
}

// portInRange reports whether an address names no port, or one that there is.
func portInRange(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// names reports whether the member's settings name the host: whoever manages webhooks chooses among receivers that
// who runs the app has agreed to, and sends the business to nobody else. A port is the receiver's own affair.
func (s Settings) names(host string) bool {
	ip, err := netip.ParseAddr(host)
	if s.AllowLoopback && (err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")) {
		return true
	}
	return slices.ContainsFunc(s.Hosts, func(named string) bool { return strings.EqualFold(named, host) })
}

// reserved are networks that no receiver is in, beside those that netip names: from the registries of
// special-purpose addresses (RFC 6890). Some of IPv6 carry an address of IPv4 inside, which would get past
// this list.
var reserved = prefixes("0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fec0::/10")

// shared is between a provider and its customers (RFC 6598): as private as what netip calls private.
var shared = prefixes("100.64.0.0/10")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func within(ip netip.Addr, networks []netip.Prefix) bool {
	for _, network := range networks {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// permits decides on an address for https.
func (s Settings) permits(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	switch {
	case ip.IsLoopback():
		return s.AllowLoopback
	case ip.IsPrivate() || within(ip, shared):
		return s.AllowPrivate
	}
	return ip.IsGlobalUnicast() && !within(ip, reserved)
}

// permitsPlain decides on an address for http, which does not leave this machine.
func (s Settings) permitsPlain(ip netip.Addr) bool {
	return s.AllowLoopback && ip.Unmap().IsLoopback()
}

// client posts to addresses that are permitted when they are dialled. It follows no redirect, because the
// receiver would choose the next address, and uses no proxy, because the proxy would dial.
func (s Settings) client(permits func(netip.Addr) bool) *http.Client {
	dialer := &net.Dialer{
		Timeout: min(5*time.Second, s.Timeout),
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !permits(at.Addr()) {
				return fmt.Errorf("dial %s: %w", address, errAddressRefused)
			}
			return nil
		},
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.Roots},
			TLSHandshakeTimeout:    min(5*time.Second, s.Timeout),
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConnsPerHost:    slots,
			IdleConnTimeout:        time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
