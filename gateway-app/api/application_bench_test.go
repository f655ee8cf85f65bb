package api_test

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// BenchmarkDecisionOverHTTP measures one application a request, by one caller after the other, through a real
// server over TLS on the loopback: limits, idempotency, signals, both models, rules, and the commits to SQLite;
// policies and journal are the tests' own. The first request, which trains the first models, is not counted.
func BenchmarkDecisionOverHTTP(b *testing.B) {
	parts := api.Parts{
		Member: "harbor", Store: storetest.SQLite(b), Channel: "lending",
		Door: &door{denied: map[string]bool{}, callers: map[string]access.Principal{
			operatorToken: {ID: "olga", Kind: access.KindUser, Roles: []access.Role{access.PlatformOperator}},
		}},
	}
	openDesk(b, &parts)
	served, err := api.New(parts)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewTLSServer(served)
	b.Cleanup(server.Close)
	caller, err := client.New(client.Settings{URL: server.URL, Token: operatorToken, CAPath: certificateOf(b, server)})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	decide := func() {
		n++
		list := []client.Application{benchApplication(n)}
		if _, err := caller.Apply(b.Context(), client.NewKey(), list); err != nil {
			b.Fatal(err)
		}
	}
	for range 20 {
		decide()
	}
	histogram := hdrhistogram.New(1, int64(time.Minute), 3)
	for b.Loop() {
		begun := time.Now()
		decide()
		if err := histogram.RecordValue(int64(time.Since(begun))); err != nil {
			b.Fatal(err)
		}
	}
	for name, quantile := range map[string]float64{"p50-ms": 50, "p99-ms": 99} {
		b.ReportMetric(float64(histogram.ValueAtQuantile(quantile))/float64(time.Millisecond), name)
	}
}

// certificateOf writes a test server's own certificate where a client reads its authority.
func certificateOf(b *testing.B, server *httptest.Server) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// benchApplication is the n-th applicant's, on a device and with contacts of its own.
func benchApplication(n int) client.Application {
	fields := map[string]any{}
	for name, value := range anApplication(n)["features"].(map[string]any) {
		fields[name] = value
	}
	return client.Application{
		Party: handle(n), AmountMinor: 800_000, TermMonths: 36, Features: fields,
		Device:   client.Device{ID: fmt.Sprintf("%064x", n), Address: fmt.Sprintf("%064x", n%50)},
		Contacts: []string{fmt.Sprintf("%064x", n), fmt.Sprintf("%064x", n%500)},
	}
}
