package memnet

import (
	"crypto/x509"
	"testing"
	"time"
)

func TestCertificateIsValidNowAndInABubble(t *testing.T) {
	cert, pool, err := Certificate("api.test")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{time.Now(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		for _, host := range []string{"api.test", "localhost", "127.0.0.1"} {
			if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: at, DNSName: host}); err != nil {
				t.Errorf("%s at %s: %v", host, at, err)
			}
		}
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: at, DNSName: "other.test"}); err == nil {
			t.Errorf("at %s it is valid for a host it was not made for", at)
		}
	}
}
