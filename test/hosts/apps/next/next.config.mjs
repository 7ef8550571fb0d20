// The packages are links to those of the repository.
export default { turbopack: { root: "/" } };
