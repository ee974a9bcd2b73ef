package appsec

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type authorizerState struct {
	API    string   `zt:"key"`
	Name   string   `zt:"key"`
	Pools  []string `zt:"set"`
	Source string   // where a request has its token
	ID     string   `zt:"output"`
}

var authorizers = &ztcore.Kind[authorizerState]{
	Name: "appsec.Authorizer", Permissions: &authorizersNeed, Read: readAuthorizers, Create: createAuthorizer, Update: updateAuthorizer,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have authorizerState) error {
		_, err := apigateway.NewFromConfig(sc.Config).DeleteAuthorizer(ctx, &apigateway.DeleteAuthorizerInput{RestApiId: &have.API, AuthorizerId: &have.ID})
		return unlessGone(err)
	},
	Check: func(want authorizerState) []ztcore.Finding {
		if want.Name != "" && len(want.Pools) > 0 {
			return nil
		}
		return []ztcore.Finding{{Attribute: "Authorizers", Message: fmt.Sprintf("the authorizer %q has no name or no pool", want.Name), Fix: "name at least one user pool by its ARN"}}
	},
	PartOf: true, Retry: []ztcore.Retry{concurrent, slowDown, {Code: "BadRequestException", Message: "user pool"}},
	Domain:   func(want authorizerState) string { return apiDomain(want.API) },
	Controls: []string{"FSBP APIGateway.8", "NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var authorizersNeed = ztcore.Permissions{Read: []string{"apigateway:GET"}, Write: []string{"apigateway:PATCH", "apigateway:POST"}, Delete: []string{"apigateway:DELETE"}}

func readAuthorizers(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[authorizerState]) ([]authorizerState, error) {
	of := distinct(q.Want, func(w authorizerState) string { return w.API })
	found := make([][]authorizerState, len(of))
	err := ztcore.Each(ctx, len(of), func(ctx context.Context, i int) error {
		in := &apigateway.GetAuthorizersInput{RestApiId: &of[i], Limit: aws.Int32(apiPage)}
		for {
			page, err := apigateway.NewFromConfig(sc.Config).GetAuthorizers(ctx, in)
			if err != nil {
				return unlessGone(err)
			}
			for _, a := range page.Items {
				found[i] = append(found[i], authorizerState{API: of[i], Name: aws.ToString(a.Name), Pools: a.ProviderARNs, Source: aws.ToString(a.IdentitySource), ID: aws.ToString(a.Id)})
			}
			if in.Position = page.Position; aws.ToString(in.Position) == "" {
				return nil
			}
		}
	})
	return slices.Concat(found...), err
}

// distinct are the APIs that are asked for, each once.
func distinct[S any](want []S, api func(S) string) (out []string) {
	for _, w := range want {
		if a := api(w); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func createAuthorizer(ctx context.Context, sc *ztcore.Scope, want authorizerState) error {
	_, err := apigateway.NewFromConfig(sc.Config).CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{
		RestApiId: &want.API, Name: &want.Name, Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: want.Pools, IdentitySource: &want.Source,
	})
	return err
}

// updateAuthorizer trusts pools before it distrusts others.
func updateAuthorizer(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[authorizerState]) error {
	ops := []types.PatchOperation{patch(types.OpReplace, "/identitySource", u.Want.Source)}
	for _, p := range u.Want.Pools {
		if !slices.Contains(u.Have.Pools, p) {
			ops = append(ops, patch(types.OpAdd, "/providerARNs", p))
		}
	}
	for _, p := range u.Have.Pools {
		if !slices.Contains(u.Want.Pools, p) {
			ops = append(ops, patch(types.OpRemove, "/providerARNs", p))
		}
	}
	_, err := apigateway.NewFromConfig(sc.Config).UpdateAuthorizer(ctx, &apigateway.UpdateAuthorizerInput{RestApiId: &u.Have.API, AuthorizerId: &u.Have.ID, PatchOperations: ops})
	return err
}
