// Addresses are relative to the page, so that it works behind a proxy that puts a path before ours.
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // Nothing about the API is sent to anybody else.
  validatorUrl: null,
});
