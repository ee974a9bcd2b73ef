package appsec

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// release is what a deployment was made of: as it is wanted, the whole of it; as it is seen, its sum, which the
// deployment's description has.
type release struct{ Content, Sum string }

func (r release) sum() string {
	if r.Content == "" {
		return r.Sum
	}
	sum := sha256.Sum256([]byte(r.Content))
	return hex.EncodeToString(sum[:8])
}

// Equal reports whether both are of the same content.
func (r release) Equal(other release) bool { return r.sum() == other.sum() }

// tokenRE finds what is not known yet.
var tokenRE = regexp.MustCompile(`\{\{zt:[^{}]+\}\}`)

// MarshalText shows the sum or, before it can be told, what it waits for.
func (r release) MarshalText() ([]byte, error) {
	if ztcore.HasToken(r.Content) {
		return []byte(joined(tokenRE.FindAllString(r.Content, -1))), nil
	}
	return []byte(r.sum()), nil
}

// release is all that callers are served, and that a new deployment is needed for.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html
func (a API) release(api apiState) release {
	members := make([]routeState, len(a.Routes))
	for i, r := range a.Routes {
		members[i] = a.state(r)
	}
	slices.SortFunc(members, func(x, y routeState) int { return strings.Compare(x.Path+" "+x.Method, y.Path+" "+y.Method) })
	pools := map[string][]string{}
	for _, u := range a.Authorizers {
		for _, p := range u.Pools {
			pools[u.Name] = append(pools[u.Name], string(p))
		}
		slices.Sort(pools[u.Name])
	}
	content, _ := json.Marshal(struct { // of strings, numbers and lists of them: it can't fail
		Routes                     []routeState
		Pools                      map[string][]string
		Policy                     string
		Endpoints                  []string
		SecurityPolicy, AccessMode *string
	}{members, pools, api.Policy.Canonical().JSON(), api.Endpoints, api.SecurityPolicy, api.AccessMode})
	return release{Content: string(content)}
}

// ours begins the description of the deployments that this package makes; a sum follows.
const ours = "zerotrust "

// listDeployments has the sums of an API's deployments by id; "" for those of others.
func listDeployments(ctx context.Context, sc *ztcore.Scope, api string) (map[string]string, error) {
	out := map[string]string{}
	in := &apigateway.GetDeploymentsInput{RestApiId: &api, Limit: aws.Int32(apiPage)}
	for {
		page, err := apigateway.NewFromConfig(sc.Config).GetDeployments(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Items {
			sum, mine := strings.CutPrefix(aws.ToString(d.Description), ours)
			if !mine {
				sum = ""
			}
			out[aws.ToString(d.Id)] = sum
		}
		if in.Position = page.Position; aws.ToString(in.Position) == "" {
			return out, nil
		}
	}
}

// deploy makes a deployment of the API as it is edited now.
func deploy(ctx context.Context, sc *ztcore.Scope, want stageState) (id string, err error) {
	out, err := apigateway.NewFromConfig(sc.Config).CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &want.API, Description: aws.String(ours + want.Release.sum())})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Id), nil
}

// sweep removes our deployments that no stage serves: the one before the present one, which is known even where reads lag
// behind, and those that an interrupted run has left.
func sweep(ctx context.Context, sc *ztcore.Scope, api string, former stageState) error {
	c := apigateway.NewFromConfig(sc.Config)
	if former.Release.Sum != "" {
		if err := drop(ctx, c, api, former.Deployment); err != nil {
			return err
		}
	}
	all, err := listDeployments(ctx, sc, api)
	if err != nil {
		return err
	}
	inUse, err := c.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: &api})
	if err != nil {
		return err
	}
	for _, id := range superseded(all, inUse.Item) {
		if err := drop(ctx, c, api, id); err != nil {
			return err
		}
	}
	return nil
}

// superseded are the deployments of ours that no stage serves, of an API's by id with their sums.
func superseded(deployments map[string]string, stages []types.Stage) (ids []string) {
	served := map[string]bool{}
	for _, st := range stages {
		served[aws.ToString(st.DeploymentId)] = true
	}
	for id, sum := range deployments {
		if sum != "" && !served[id] {
			ids = append(ids, id)
		}
	}
	return ids
}

// drop removes a deployment unless a stage serves it.
func drop(ctx context.Context, c *apigateway.Client, api, id string) error {
	_, err := c.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: &api, DeploymentId: &id})
	if served := new(types.BadRequestException); errors.As(err, &served) && strings.Contains(aws.ToString(served.Message), "Active stages") {
		return nil
	}
	return unlessGone(err)
}
