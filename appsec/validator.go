package appsec

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// validatorName is that of the one validator that all routes have.
const validatorName = "all"

type validatorState struct {
	API        string `zt:"key"`
	Name       string `zt:"key"`
	Body       bool   // against the route's model, where it has one
	Parameters bool   // required ones have to be there
	ID         string `zt:"output"`
}

var validators = &ztcore.Kind[validatorState]{
	Name: "appsec.RequestValidator", Permissions: &validatorsNeed, Read: readValidators,
	Create: func(ctx context.Context, sc *ztcore.Scope, want validatorState) error {
		_, err := apigateway.NewFromConfig(sc.Config).CreateRequestValidator(ctx, &apigateway.CreateRequestValidatorInput{
			RestApiId: &want.API, Name: &want.Name, ValidateRequestBody: want.Body, ValidateRequestParameters: want.Parameters,
		})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[validatorState]) error {
		_, err := apigateway.NewFromConfig(sc.Config).UpdateRequestValidator(ctx, &apigateway.UpdateRequestValidatorInput{
			RestApiId: &u.Have.API, RequestValidatorId: &u.Have.ID, PatchOperations: []types.PatchOperation{
				patch(types.OpReplace, "/validateRequestBody", strconv.FormatBool(u.Want.Body)),
				patch(types.OpReplace, "/validateRequestParameters", strconv.FormatBool(u.Want.Parameters)),
			},
		})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have validatorState) error {
		_, err := apigateway.NewFromConfig(sc.Config).DeleteRequestValidator(ctx, &apigateway.DeleteRequestValidatorInput{RestApiId: &have.API, RequestValidatorId: &have.ID})
		return unlessGone(err)
	},
	PartOf: true, NotUnique: true, Retry: []ztcore.Retry{concurrent, slowDown}, Domain: func(want validatorState) string { return apiDomain(want.API) },
	Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Applications and Workloads"},
}

var validatorsNeed = ztcore.Permissions{Read: []string{"apigateway:GET"}, Write: []string{"apigateway:PATCH", "apigateway:POST"}, Delete: []string{"apigateway:DELETE"}}

func readValidators(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[validatorState]) ([]validatorState, error) {
	of := distinct(q.Want, func(w validatorState) string { return w.API })
	found := make([][]validatorState, len(of))
	err := ztcore.Each(ctx, len(of), func(ctx context.Context, i int) error {
		in := &apigateway.GetRequestValidatorsInput{RestApiId: &of[i], Limit: aws.Int32(apiPage)}
		for {
			page, err := apigateway.NewFromConfig(sc.Config).GetRequestValidators(ctx, in)
			if err != nil {
				return unlessGone(err)
			}
			for _, v := range page.Items {
				found[i] = append(found[i], validatorState{API: of[i], Name: aws.ToString(v.Name), Body: v.ValidateRequestBody, Parameters: v.ValidateRequestParameters, ID: aws.ToString(v.Id)})
			}
			if in.Position = page.Position; aws.ToString(in.Position) == "" {
				return nil
			}
		}
	})
	return slices.Concat(found...), err
}
