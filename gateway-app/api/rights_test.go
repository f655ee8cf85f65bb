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
