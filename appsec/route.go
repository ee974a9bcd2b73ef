package appsec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Route is one method of one path, with what is behind it. It asks for a signature of AWS (AWS_IAM) unless Authorizer or
// OpenBecause is set. Parameters of the path are required, and so are those that RequiredParameters names: a request
// without them is refused before it reaches anything.
type Route struct {
	Path   string // as /orders/{id}; {proxy+} at the end stands for the rest
	Method string // GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, or ANY

	Authorizer  string   // by name, of API.Authorizers
	Scopes      []string // of which an access token needs one; without them, ID tokens count
	OpenBecause string   // why anybody may call it

	RequiredParameters []string // as querystring.page or header.X-Request-Id
	Integration        Integration
}

// Authorizer lets in who has a token of a user pool, in the header Authorization.
type Authorizer struct {
	Name  string // unique in the API
	Pools []id.UserPoolARN
}

// Integration is what is behind a route: one of Mock, HTTP, Lambda and Service.
type Integration struct {
	// Mock answers 200 by itself.
	Mock bool
	// HTTP passes requests on to a URL with https. Parameters of the path may stand in it, as https://backend.example/orders/{id}.
	HTTP string
	// Lambda passes requests on to a function. It needs Role, or a permission of the function for apigateway.amazonaws.com.
	Lambda id.ARN
	// Service is an action of an AWS service, as arn:aws:apigateway:us-east-1:sqs:path/123456789012/orders. It needs Role.
	Service id.ARN

	Role    id.RoleARN    // as whom API Gateway calls
	VPCLink id.VPCLink    // for HTTP: through a private link, to a load balancer that is not public
	Method  string        // of the call; that of the route for HTTP, POST otherwise
	Timeout time.Duration // 50 ms to 29 s; 29 s if zero

	PlainBecause string // why HTTP may do without TLS
}

// routeState is a method as it is edited. Its lists are joined, so that equal routes are equal.
type routeState struct {
	Path, Method              string // without a method: a path that has none, nor paths below it
	Auth, Authorizer, Scopes  string
	Validator, Parameters     string
	Type, URI, BackendMethod  string
	Role, Link                string
	Template, Passthrough     string
	TimeoutMillis             int32
	Statuses, Answers, Mapped string
}

const (
	signed = "AWS_IAM"
	tokens = "COGNITO_USER_POOLS"
	open   = "NONE"
)

// declareRoutes adds the authorizers, the validator and the routes.
func (a API) declareRoutes(d *ztcore.Declaration) {
	for _, u := range a.Authorizers {
		want := authorizerState{API: string(a.ID()), Name: u.Name, Pools: []string{}, Source: "method.request.header.Authorization"}
		for _, p := range u.Pools {
			want.Pools = append(want.Pools, string(p))
		}
		authorizers.Declare(d, a.Name+"/"+u.Name, want)
	}
	validators.Declare(d, a.Name, validatorState{API: string(a.ID()), Name: validatorName, Body: true, Parameters: true})
	want := ztcore.Set[routeState]{Parent: string(a.ID())}
	var openings []Route
	for _, r := range a.Routes {
		want.Members = append(want.Members, a.state(r))
		if problem, fix := a.problem(r); problem != "" {
			d.Reject(ztcore.Finding{Attribute: "API " + a.Name + " Routes " + r.Method + " " + r.Path, Message: problem, Fix: fix})
		}
		if r.OpenBecause != "" || r.Integration.PlainBecause != "" {
			openings = append(openings, r)
		}
	}
	n := routes.Declare(d, a.Name, want)
	for _, r := range openings {
		if r.OpenBecause != "" {
			n.Except("Auth of "+r.Method+" "+r.Path, r.OpenBecause)
		}
		if r.Integration.PlainBecause != "" {
			n.Except("URI of "+r.Method+" "+r.Path, r.Integration.PlainBecause)
		}
	}
}

func (a API) state(r Route) routeState {
	i := r.Integration
	s := routeState{
		Path: r.Path, Method: r.Method, Auth: signed, Scopes: joined(r.Scopes), Validator: validators.Ref(a.Name, "ID"), Role: string(i.Role), Link: string(i.VPCLink),
		TimeoutMillis: 29000, Passthrough: "WHEN_NO_TEMPLATES", BackendMethod: "POST",
	}
	if i.Timeout != 0 {
		s.TimeoutMillis = int32(i.Timeout / time.Millisecond)
	}
	parameters := slices.Clone(r.RequiredParameters)
	for _, v := range variables(r.Path) {
		parameters = append(parameters, "path."+v)
	}
	s.Parameters = joined(parameters)
	switch {
	case r.Authorizer != "":
		s.Auth, s.Authorizer = tokens, authorizers.Ref(a.Name+"/"+r.Authorizer, "ID")
	case r.OpenBecause != "":
		s.Auth = open
	}
	switch {
	case i.Mock:
		s.Type, s.BackendMethod, s.Template, s.Statuses, s.Answers = "MOCK", "", `{"statusCode": 200}`, "200", "200"
	case i.HTTP != "":
		s.Type, s.URI, s.BackendMethod = "HTTP_PROXY", i.HTTP, r.Method
		var mapped []string
		for _, v := range variables(r.Path) {
			if strings.Contains(i.HTTP, "{"+v+"}") {
				mapped = append(mapped, v)
			}
		}
		s.Mapped = joined(mapped)
	case i.Lambda != "":
		s.Type, s.URI = "AWS_PROXY", "arn:"+ztcore.Partition+":apigateway:"+ztcore.Region+":lambda:path/2015-03-31/functions/"+string(i.Lambda)+"/invocations"
	case i.Service != "":
		s.Type, s.URI, s.Statuses, s.Answers = "AWS", string(i.Service), "200", "200"
	}
	if i.Method != "" {
		s.BackendMethod = i.Method
	}
	return s
}

func joined(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// variables are the parameters of a path: id of /orders/{id}, proxy of /{proxy+}.
func variables(path string) (out []string) {
	for _, part := range strings.Split(path, "/") {
		if strings.HasPrefix(part, "{") {
			out = append(out, strings.TrimRight(strings.Trim(part, "{}"), "+"))
		}
	}
	return out
}

// problem is what the state of a route does not show.
func (a API) problem(r Route) (what, fix string) {
	n := 0
	for _, given := range []bool{r.Integration.Mock, r.Integration.HTTP != "", r.Integration.Lambda != "", r.Integration.Service != ""} {
		if given {
			n++
		}
	}
	switch {
	case n != 1:
		return fmt.Sprintf("has %d integrations", n), "set one of Mock, HTTP, Lambda and Service"
	case r.Authorizer != "" && r.OpenBecause != "":
		return "both Authorizer and OpenBecause are set", "drop one of them"
	case r.Authorizer != "" && !slices.ContainsFunc(a.Authorizers, func(u Authorizer) bool { return u.Name == r.Authorizer }):
		return "the authorizer " + r.Authorizer + " is not declared", "add it to Authorizers"
	case len(r.Scopes) > 0 && r.Authorizer == "":
		return "Scopes are those of tokens, and no authorizer asks for one", "set Authorizer"
	case r.Integration.VPCLink != "" && r.Integration.HTTP == "":
		return "a VPC link leads to HTTP backends only", "set HTTP"
	case r.Integration.PlainBecause == "" && strings.HasPrefix(r.Integration.HTTP, "http://"):
		return "requests would leave for the backend without TLS", "use https, or say why not in PlainBecause"
	case r.Integration.Service != "" && r.Integration.Role == "":
		return "calls to an AWS service need a role", "set Role to a role that trusts apigateway.amazonaws.com"
	case r.Integration.Timeout%time.Millisecond != 0 || r.Integration.Timeout != 0 && (r.Integration.Timeout < 50*time.Millisecond || r.Integration.Timeout > 29*time.Second):
		return r.Integration.Timeout.String() + " is no timeout", "use 50 ms to 29 s"
	}
	return "", ""
}
