package api

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// registerRevocations adds the list with which peers refuse certificates that were revoked.
func (s *Server) registerRevocations(tag string) {
	register(s, operation{
		id: "enrolment.revocations", method: http.MethodGet, path: "/v1/revocation-list", tag: tag, single: true,
		summary: "The authority's present list of revoked certificates, for the channel's configuration",
	}, s.readRevocations)
}

// revocationList is the list as it goes into the member's definition on the channel, and what it says.
type revocationList struct {
	PEM        string    `json:"pem" doc:"An X.509 CRL, one entry of revocation_list in the member's MSP"`
	Issuer     string    `json:"issuer"`
	ThisUpdate time.Time `json:"this_update"`
	NextUpdate time.Time `json:"next_update"`
	Serials    []string  `json:"serials" doc:"Of the revoked certificates, hexadecimal"`
}

func (s *Server) readRevocations(ctx context.Context, _ *struct{}) (*bodyOutput[revocationList], error) {
	text, err := s.parts.Staff.RevocationList(ctx)
	if err != nil {
		return nil, err
	}
	return answerBody(parseRevocations(text))
}

func parseRevocations(text []byte) (revocationList, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return revocationList{}, errors.New("read the list of revoked certificates: the authority answered no PEM")
	}
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return revocationList{}, fmt.Errorf("read the list of revoked certificates: %w", err)
	}
	out := revocationList{
		PEM: string(text), Issuer: list.Issuer.String(), ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate, Serials: []string{},
	}
	for _, entry := range list.RevokedCertificateEntries {
		out.Serials = append(out.Serials, entry.SerialNumber.Text(16))
	}
	return out, nil
}
