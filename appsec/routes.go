package appsec

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// routes are all methods of an API, and the paths that have none. They are edited, not served: that takes a deployment.
var routes = ztcore.SetKind[routeState]{
	Name: "appsec.Routes", Permissions: &routesNeed, ID: func(r routeState) string { return r.Method + " " + r.Path },
	List: listRoutes, Add: addRoutes, Remove: removeRoutes, Check: checkRoutes, Vanishes: true,
	// A path's variable can't have another name beside it: the one that goes, goes first.
	Full: func(err error) bool {
		refused := new(types.BadRequestException)
		return errors.As(err, &refused) && strings.Contains(aws.ToString(refused.Message), "sibling")
	},
	Retry: []ztcore.Retry{concurrent, slowDown}, Domain: func(want ztcore.Set[routeState]) string { return apiDomain(want.Parent) },
	Controls: []string{"FSBP APIGateway.8", "NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 6", "CISA ZTMM Applications and Workloads"},
}.Kind()

var routesNeed = ztcore.Permissions{
	Read:   []string{"apigateway:GET"},
	Write:  []string{"apigateway:DELETE", "apigateway:POST", "apigateway:PUT", "iam:PassRole"},
	Delete: []string{"apigateway:DELETE"},
}

// paths are an API's resources by path.
func paths(ctx context.Context, sc *ztcore.Scope, api string) (map[string]types.Resource, error) {
	out := map[string]types.Resource{}
	in := &apigateway.GetResourcesInput{RestApiId: &api, Embed: []string{"methods"}, Limit: aws.Int32(apiPage)}
	for {
		page, err := apigateway.NewFromConfig(sc.Config).GetResources(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			out[aws.ToString(r.Path)] = r
		}
		if in.Position = page.Position; aws.ToString(in.Position) == "" {
			return out, nil
		}
	}
}

func listRoutes(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]routeState, error) {
	found := make([][]routeState, len(parents))
	err := ztcore.Each(ctx, len(parents), func(ctx context.Context, i int) error {
		all, err := paths(ctx, sc, parents[i])
		if err != nil {
			return unlessGone(err)
		}
		found[i] = []routeState{}
		for path, r := range all {
			for verb, m := range r.ResourceMethods {
				found[i] = append(found[i], seenRoute(path, verb, m))
			}
			if idle(all, path) {
				found[i] = append(found[i], routeState{Path: path})
			}
		}
		slices.SortFunc(found[i], func(a, b routeState) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
		return nil
	})
	out := map[string][]routeState{}
	for i, p := range parents {
		if found[i] != nil {
			out[p] = found[i]
		}
	}
	return out, err
}

// idle reports whether a path has no method, and no path below it.
func idle(all map[string]types.Resource, path string) bool {
	if path == "/" || len(all[path].ResourceMethods) > 0 {
		return false
	}
	for other := range all {
		if strings.HasPrefix(other, path+"/") {
			return false
		}
	}
	return true
}

// addRoutes makes methods, anew where there is one already: callers do not notice, for they are served what was deployed.
func addRoutes(ctx context.Context, sc *ztcore.Scope, api string, members []routeState) error {
	all, err := paths(ctx, sc, api)
	if err != nil {
		return err
	}
	c := apigateway.NewFromConfig(sc.Config)
	for _, m := range members {
		resource, err := ensurePath(ctx, sc, api, all, m.Path)
		if err != nil {
			return err
		}
		if _, there := all[m.Path].ResourceMethods[m.Method]; there {
			_, err := c.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: &api, ResourceId: &resource, HttpMethod: &m.Method})
			if err := unlessGone(err); err != nil {
				return err
			}
		}
		if err := putRoute(ctx, c, api, resource, m); err != nil {
			return err
		}
	}
	return nil
}

// ensurePath makes what a path lacks, from the root down, and returns the id of the last part.
func ensurePath(ctx context.Context, sc *ztcore.Scope, api string, all map[string]types.Resource, path string) (string, error) {
	if r, ok := all[path]; ok {
		return aws.ToString(r.Id), nil
	}
	above, part := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	if above == "" {
		above = "/"
	}
	if _, ok := all[above]; !ok && above == "/" {
		return "", fmt.Errorf("API %s shows no root path", api)
	}
	parent, err := ensurePath(ctx, sc, api, all, above)
	if err != nil {
		return "", err
	}
	made, err := apigateway.NewFromConfig(sc.Config).CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &api, ParentId: &parent, PathPart: &part})
	if conflict := new(types.ConflictException); errors.As(err, &conflict) { // by an attempt whose answer was lost
		now, listErr := paths(ctx, sc, api)
		if r, ok := now[path]; ok && listErr == nil {
			all[path] = r
			return aws.ToString(r.Id), nil
		}
	}
	if err != nil {
		return "", err
	}
	all[path] = types.Resource{Id: made.Id, ParentId: &parent, Path: &path, PathPart: &part}
	return aws.ToString(made.Id), nil
}

// removeRoutes removes methods, and the paths that have none left.
func removeRoutes(ctx context.Context, sc *ztcore.Scope, api string, members []routeState) error {
	all, err := paths(ctx, sc, api)
	if err != nil {
		return unlessGone(err)
	}
	c := apigateway.NewFromConfig(sc.Config)
	for _, m := range members {
		r, ok := all[m.Path]
		if _, there := r.ResourceMethods[m.Method]; ok && there {
			_, err := c.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: &api, ResourceId: r.Id, HttpMethod: &m.Method})
			if err := unlessGone(err); err != nil {
				return err
			}
			delete(r.ResourceMethods, m.Method)
		}
		for path := m.Path; ok && idle(all, path); path = path[:strings.LastIndexByte(path, '/')] {
			_, err := c.DeleteResource(ctx, &apigateway.DeleteResourceInput{RestApiId: &api, ResourceId: aws.String(aws.ToString(all[path].Id))})
			if err := unlessGone(err); err != nil {
				return err
			}
			delete(all, path)
			if strings.LastIndexByte(path, '/') == 0 {
				break
			}
		}
	}
	return nil
}

// What the API takes. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
var (
	pathRE      = regexp.MustCompile(`^(/|(/([a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\}))*(/([a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})))$`)
	parameterRE = regexp.MustCompile(`^(path|querystring|multivaluequerystring|header|multivalueheader)\.[a-zA-Z0-9._$-]+$`)
	verbs       = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
)

func checkRoutes(want ztcore.Set[routeState]) []ztcore.Finding {
	var out []ztcore.Finding
	find := func(r routeState, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: "Routes " + r.Method + " " + r.Path, Message: message, Fix: fix})
	}
	if len(want.Members) == 0 {
		out = append(out, ztcore.Finding{Attribute: "Routes", Message: "an API without a method can't be deployed", Fix: "declare a route"})
	}
	seen, variable := map[string]bool{}, map[string]string{}
	for _, r := range want.Members {
		if !pathRE.MatchString(r.Path) {
			find(r, "is no path", "begin with a slash, end without, and use letters, digits and ._:-, or {name} for a variable")
		}
		if !slices.Contains(verbs, r.Method) {
			find(r, fmt.Sprintf("%q is no method", r.Method), "use one of "+strings.Join(verbs, ", "))
		}
		if r.BackendMethod != "" && !slices.Contains(verbs, r.BackendMethod) {
			find(r, fmt.Sprintf("%q is no method of a backend", r.BackendMethod), "use one of "+strings.Join(verbs, ", "))
		}
		if seen[r.Method+" "+r.Path] {
			find(r, "is declared twice", "drop one of them")
		}
		seen[r.Method+" "+r.Path] = true
		for _, p := range strings.Fields(r.Parameters) {
			if !parameterRE.MatchString(p) {
				find(r, fmt.Sprintf("%q is no parameter", p), "write querystring.name or header.name")
			}
		}
		above := ""
		for _, part := range strings.Split(r.Path, "/")[1:] {
			if strings.HasPrefix(part, "{") {
				if other, ok := variable[above]; ok && other != part {
					find(r, fmt.Sprintf("%s and %s stand at the same place of a path", other, part), "give both the same name")
				}
				variable[above] = part
			}
			above += "/" + part
		}
	}
	return out
}
