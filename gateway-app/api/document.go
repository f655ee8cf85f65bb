package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/documents"
	"github.com/tallystick/tallystick/gateway-app/masking"
)

// uploadBytes is the longest upload that is read; the store's own limit may be lower.
const uploadBytes = 20 << 20

// registerDocuments adds people's documents.
func (s *Server) registerDocuments() {
	if s.parts.Customers == nil {
		return
	}
	const tag = "Document"
	register(s, operation{
		id: "document.list", method: http.MethodGet, path: "/v1/people/{id}/documents", tag: tag, single: true,
		summary: "List the documents about a person",
	}, s.listDocuments)
	register(s, operation{
		id: "document.upload", method: http.MethodPost, path: "/v1/people/{id}/documents", tag: tag, bodyBytes: uploadBytes,
		summary: "Upload a document about a person; its content decides what it is",
	}, s.uploadDocument)
	register(s, operation{
		id: "document.content", method: http.MethodGet, path: "/v1/people/{id}/documents/{document}/content", tag: tag,
		summary: "Read a document; one that was changed on the disk is not answered",
		answers: documentForms(),
	}, s.readDocument)
}

// documentForms are what a document may be: what the store takes.
func documentForms() map[string]*huma.MediaType {
	forms := map[string]*huma.MediaType{}
	for _, form := range documents.DefaultLimits().MediaTypes {
		forms[form] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return forms
}

type documentList struct {
	Items []documents.Document `json:"items"`
}

type documentsOutput struct{ Body documentList }

func (s *Server) listDocuments(ctx context.Context, input *PersonPath) (*documentsOutput, error) {
	_, roles, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	found, err := s.parts.Customers.Documents.List(ctx, input.ID)
	if err == nil {
		found, err = masking.Mask(found, roles...)
	}
	if found == nil {
		found = []documents.Document{}
	}
	return &documentsOutput{Body: documentList{Items: found}}, err
}

type uploadInput struct {
	PersonPath
	Kind    string `query:"kind" required:"true" enum:"identity_front,identity_back,portrait,income,business_licence,other"`
	Name    string `query:"name" maxLength:"200" doc:"What the uploader calls it"`
	RawBody []byte `contentType:"application/octet-stream"`
}

type documentOutput struct{ Body documents.Document }

func (s *Server) uploadDocument(ctx context.Context, input *uploadInput) (*documentOutput, error) {
	found, _, err := s.personOf(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if found.Status != "active" {
		return nil, fault.In(fault.WrongStatus, "person")
	}
	upload := documents.Upload{Subject: input.ID, Kind: input.Kind, Name: input.Name, By: callerOf(ctx).ID}
	stored, err := s.parts.Customers.Documents.Put(ctx, upload, bytes.NewReader(input.RawBody))
	return &documentOutput{Body: stored}, uploadProblem(err)
}

// uploadProblem says which of the limits an upload broke.
func uploadProblem(err error) error {
	switch {
	case errors.Is(err, documents.ErrTooLarge):
		return bodyTooLarge(documents.DefaultLimits().SizeBytes)
	case errors.Is(err, documents.ErrMediaType):
		return doorProblem(CodeMediaType, "body")
	case errors.Is(err, documents.ErrEmpty):
		return fault.In(fault.MissingField, "body")
	}
	return err
}

type contentInput struct {
	PersonPath
	Document string `path:"document" pattern:"^[0-9a-f]{32}$"`
}

type contentOutput struct{ Body func(huma.Context) }

// readDocument reads the whole before it answers a byte, so that nobody gets half of a document that
// somebody changed. What the browser gets is a download and never a page.
func (s *Server) readDocument(ctx context.Context, input *contentInput) (*contentOutput, error) {
	if _, _, err := s.personOf(ctx, input.ID); err != nil {
		return nil, err
	}
	found, reader, err := s.parts.Customers.Documents.Open(ctx, input.Document)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	if found.Subject != input.ID {
		return nil, fault.In(fault.NotFound, "document")
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	return &contentOutput{Body: func(answer huma.Context) {
		answer.SetHeader("Content-Type", found.MediaType)
		answer.SetHeader("Content-Length", strconv.Itoa(len(plain)))
		answer.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": found.ID}))
		answer.SetHeader("X-Content-Type-Options", "nosniff")
		answer.SetHeader("Cache-Control", "no-store")
		_, _ = answer.BodyWriter().Write(plain) // what fails is that whoever asked has left
	}}, nil
}
