package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/api"
)

// One of two administrators can neither be rid of the other nor, once the other is gone, decide alone.
func TestFourEyesOnRightsAreNotSwitchedOffByOneOfTwo(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	second := s.made(anna, "Second", access.Administrator)
	ben := s.signedIn("Second", second.Password)
	path := "/v1/users/" + second.User.ID
	refusedAs(t, s.post(path+"/disabling", "", anna...), 403, api.CodeApprovalDue, "")
	refusedAs(t, s.post(path+"/resets", "", anna...), 403, api.CodeApprovalDue, "")
	roles := inJSON(t, map[string]any{"roles": []access.Role{access.Finance}})
	refusedAs(t, s.do(s.request(http.MethodPut, path+"/roles", roles, anna...)), 403, api.CodeApprovalDue, "")
	me := want[api.Caller](t, s.get("/v1/session", anna...), 200)
	refusedAs(t, s.post("/v1/users/"+me.ID+"/resets", "", anna...), 403, api.CodeApprovalDue, "")

	key := []string{"Idempotency-Key", "disable-second"}
	place := s.post(path+"/disabling", "", slices.Concat(anna, key)...).Header().Get("Location")
	want[access.Approval](t, s.post(place+"/approve", "", ben...), 200)
	if gone := want[access.User](t, s.post(path+"/disabling", "", slices.Concat(anna, key)...), 200); gone.Status != access.Disabled {
		t.Errorf("got %+v", gone)
	}
	colleague := inJSON(t, map[string]any{"name": "Olga", "roles": []access.Role{access.PlatformOperator}})
	refusedAs(t, s.post("/v1/users", colleague, anna...), 403, api.CodeApprovalDue, "")
}

// A customer's first password is known to the customer alone: one member of staff makes the user, another the code.
func TestNoMemberOfStaffAloneGetsInAsACustomer(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	olga := s.signedIn("Olga", s.made(anna, "Olga", access.PlatformOperator).Password)
	customer := map[string]any{"name": "Bao", "roles": []access.Role{access.Borrower}, "party": handle(1)}
	customer["password"] = "known to anna, too"
	refusedAs(t, s.post("/v1/users", inJSON(t, customer), anna...), 400, "invalid_field", "password")
	refusedAs(t, s.post("/v1/activations/"+handle(1), "", olga...), 404, "not_found", "party") // she makes nobody
	delete(customer, "password")
	if bao := want[api.NewUser](t, s.post("/v1/users", inJSON(t, customer), anna...), 200); bao.Password != "" {
		t.Errorf("the administrator was told %+v", bao)
	}
	refusedAs(t, s.post("/v1/activations/"+handle(1), "", anna...), 403, api.CodeNotAllowed, "")
	redeem := func(code string) map[string]string {
		return map[string]string{"name": "Bao", "code": code, "password": "chosen by nobody else"}
	}
	former := want[access.Activation](t, s.post("/v1/activations/"+handle(1), "", olga...), 200)
	given := want[access.Activation](t, s.post("/v1/activations/"+handle(1), "", olga...), 200)
	for _, wrong := range []string{"none", former.Code} {
		refusedAs(t, s.post("/v1/activations", inJSON(t, redeem(wrong)), "Authorization", ""), 401, api.CodeCredentials, "")
	}
	if w := s.post("/v1/activations", inJSON(t, redeem(given.Code)), "Authorization", ""); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	refusedAs(t, s.post("/v1/activations", inJSON(t, redeem(given.Code)), "Authorization", ""), 401, api.CodeCredentials, "")
	bao := s.signedIn("Bao", "chosen by nobody else")
	want[map[string]any](t, s.get("/v1/loans", bao...), 200)
	refusedAs(t, s.post("/v1/activations/"+handle(1), "", olga...), 404, "not_found", "party") // nor resets anybody
}

// A password that somebody else made is good for changing it, and for nothing else; a one-time code is set up by who
// knows the password, not by whoever holds the session.
func TestAPasswordThatSomebodyElseMadeIsChangedFirst(t *testing.T) {
	s, first := guarded(t)
	anna := s.signedIn(first.Name, first.Password)
	olga := s.made(anna, "Olga", access.PlatformOperator)
	in := want[api.SignedIn](t, s.post("/v1/sessions", inJSON(t, map[string]string{"name": "Olga", "password": olga.Password}), "Authorization", ""), 200)
	session := []string{"Authorization", "Bearer " + in.Token}
	if !in.Caller.PassDue {
		t.Error("nobody is told to change the password")
	}
	refusedAs(t, s.get("/v1/loans", session...), 403, api.CodePasswordDue, "")
	refusedAs(t, s.post("/v1/totp", inJSON(t, map[string]string{"password": olga.Password}), session...), 403, api.CodePasswordDue, "")
	same := inJSON(t, map[string]string{"former": olga.Password, "password": olga.Password})
	refusedAs(t, s.post("/v1/password", same, session...), 400, "invalid_field", "password")
	own := s.signedIn("Olga", olga.Password)
	want[map[string]any](t, s.get("/v1/loans", own...), 200)
	refusedAs(t, s.post("/v1/totp", inJSON(t, map[string]string{"password": "of a thief"}), own...), 400, "invalid_field", "password")
	want[access.CodeSecret](t, s.post("/v1/totp", inJSON(t, map[string]string{"password": "own " + olga.Password}), own...), 200)
}
